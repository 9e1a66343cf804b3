/** Measures the time to the first answer on both runtimes, and the size of the Worker bundle. */
import { rounded, spread } from "./compare.ts";
import { bundles, workerdStarts } from "./bundle.ts";
import { annyeong } from "./contenders/annyeong.ts";
import { betterAuth } from "./contenders/better_auth.ts";
import { floor } from "./contenders/floor.ts";
import { serve } from "./process.ts";
import type { Report, Row } from "./table.ts";

const times = 7;

/** Returns the section of the report. */
export async function startUp(): Promise<Report> {
  const contenders = [floor, annyeong, betterAuth];
  const folder = await Deno.makeTempDir({ prefix: "annyeong-bench-" });
  const starts = contenders.map(() => [] as number[]);
  for (let time = -1; time < times; time++) { // the first makes the schema and is not counted
    for (const [index, contender] of contenders.entries()) {
      const server = await serve(contender, `file:${folder}/${index}.db`);
      if (time >= 0) starts[index]!.push(server.startMs);
      await server.stop();
    }
  }
  await Deno.remove(folder, { recursive: true });
  const onDeno = contenders.map(({ name }, index): Row => ({
    runtime: "Deno",
    contender: name,
    "first answer ms": spread(starts[index]!),
  }));

  const onWorkers: Row[] = [];
  const sizes: Row[] = [];
  for (const bundle of await bundles()) {
    const contender = bundle.contender.name;
    const found = await workerdStarts(bundle, times);
    if (found.length > 0) {
      onWorkers.push({ runtime: "workerd", contender, "first answer ms": spread(found) });
    }
    sizes.push({
      contender,
      "bundle KiB": rounded(bundle.rawKiB),
      "gzip KiB": rounded(bundle.gzipKiB),
    });
    await Deno.remove(bundle.folder, { recursive: true });
  }
  return { tables: [[...onDeno, ...onWorkers], sizes] };
}
