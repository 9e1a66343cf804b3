/** `deno task ledger export FILE` and `deno task ledger replay FILE`: see docs/operating.md. */
import { readLedger } from "../db/ledger.ts";
import type { LedgerLine } from "../db/ledger.ts";
import { replayLedger } from "../jobs/replay.ts";
import { openOnDeno } from "../main.ts";

const [command, path] = Deno.args;
if (!path || (command !== "export" && command !== "replay")) {
  console.error("usage: deno task ledger export FILE | deno task ledger replay FILE");
  Deno.exit(2);
}

const services = await openOnDeno();
if (command === "export") await exportTo(path);
else await replayFrom(path);
services.db.close();

/** Written beside and renamed, so that a broken export never takes the place of a whole one. */
async function exportTo(path: string): Promise<void> {
  const partial = `${path}.partial`;
  const file = await Deno.open(partial, { write: true, create: true, truncate: true, mode: 0o600 });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  let lines = 0;
  for await (const line of readLedger(services.db)) {
    await writer.write(encoder.encode(JSON.stringify(line) + "\n"));
    lines++;
  }
  await writer.close();
  await Deno.rename(partial, path);
  console.log(`${lines} erasures written`);
}

async function replayFrom(path: string): Promise<void> {
  const run = await replayLedger(services, parse(path));
  console.log(
    `${run.lines} erasures read, ${run.erased} members erased again, ${run.sessions} sessions ended`,
  );
}

async function* parse(path: string): AsyncGenerator<LedgerLine> {
  const file = await Deno.open(path);
  let rest = "";
  for await (const part of file.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line.trim()) yield JSON.parse(line);
  }
  if (rest.trim()) yield JSON.parse(rest);
}
