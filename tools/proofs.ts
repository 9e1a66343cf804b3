/**
 * `deno task test:long`: the proofs with ROUNDS of 1000 percent, or as `ROUNDS` says. `deno task
 * reliability` writes what such a run tried into docs/reliability.md, if all of it passed.
 */
const suites = [
  ...["properties", "fuzz", "model", "faults", "crash", "races", "timing"].map((name) =>
    `proofs/${name}`
  ),
  ...["disk", "replica"].map((name) => `engine/${name}`),
  "operate/due_erasures",
].map((name) => `tests/${name}_test.ts`);
const page = new URL("../docs/reliability.md", import.meta.url);
const marks = ["<!-- the run -->", "<!-- end of the run -->"] as const;

/** Counts as `tests/support/tally.ts` notes them, as one Markdown table for each name, with sums. */
export function tables(notes: string): string {
  const found = new Map<string, Map<string, Map<string, number>>>();
  for (const line of notes.trim().split("\n")) {
    const [table, row, column, count] = JSON.parse(line) as [string, string, string, number];
    const rows = found.getOrInsertComputed(table, () => new Map());
    for (const name of [row, "together"]) {
      const cells = rows.getOrInsertComputed(name, () => new Map());
      cells.set(column, (cells.get(column) ?? 0) + count);
    }
  }
  return [...found].map(([table, rows]) => markdown(table, rows)).join("\n\n");
}

function markdown(table: string, rows: Map<string, Map<string, number>>): string {
  const sums = rows.get("together")!;
  const columns = [...sums.keys()];
  rows.delete("together");
  if (rows.size > 1) rows.set("together", sums);
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [
    `### ${table}\n`,
    line(["", ...columns]),
    line(["---", ...columns.map(() => "---:")]),
    ...[...rows].map(([row, cells]) =>
      line([row, ...columns.map((column) => (cells.get(column) ?? 0).toLocaleString("en"))])
    ),
  ].join("\n");
}

/** Puts a run between the marks of the page. */
export async function write(run: string): Promise<void> {
  const text = await Deno.readTextFile(page);
  const [from, to] = marks.map((mark) => text.indexOf(mark)) as [number, number];
  await Deno.writeTextFile(
    page,
    `${text.slice(0, from)}${marks[0]}\n\n${run}\n\n${text.slice(to)}`,
  );
}

if (import.meta.main) {
  const { ROUNDS = "1000", SEED = "another for each property" } = Deno.env.toObject();
  const TALLY = await Deno.makeTempFile();
  const start = Date.now();
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-P", ...suites],
    env: { ROUNDS, TALLY },
  }).spawn().status;
  if (code !== 0) Deno.exit(code);
  if (Deno.args.includes("--write")) {
    const date = new Date(start).toISOString().slice(0, 10);
    const minutes = Math.round((Date.now() - start) / 60_000);
    const { os, arch } = Deno.build;
    const head = `${date}, Deno ${Deno.version.deno}, ${os} ${arch}, ` +
      `${navigator.hardwareConcurrency} processors; \`ROUNDS\` ${ROUNDS}, \`SEED\` ${SEED}; ` +
      `all passed in ${minutes} minutes.`;
    await write(`${head}\n\n${tables(await Deno.readTextFile(TALLY))}`);
  }
  await Deno.remove(TALLY);
}
