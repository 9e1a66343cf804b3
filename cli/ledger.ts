/** `deno task ledger export FILE` and `deno task ledger replay FILE`: see docs/operating.md. */
import type { Services } from "../actions/services.ts";
import { type LedgerLine, ledgerLine, readLedger } from "../db/leaving/ledger.ts";
import { AppError, causesOf } from "../domain/error.ts";
import { replayLedger } from "../actions/replay_ledger.ts";
import { openOnDeno, type Parts } from "../runtime/mod.ts";

export async function ledger([command, path]: readonly string[], parts?: Parts): Promise<void> {
  if (!path || (command !== "export" && command !== "replay")) {
    console.error("usage: ledger export FILE | ledger replay FILE");
    Deno.exit(2);
  }
  try {
    if (command === "replay") await check(path);
    const services = await openOnDeno(parts);
    await (command === "export" ? exportTo(path, services) : replayFrom(path, services));
    services.db.close();
  } catch (error) {
    console.error(
      sentence(error, `${path} cannot be ${command === "export" ? "written" : "read"}`),
    );
    Deno.exit(1);
  }
}

/** What is wrong with the file or the database; what is neither is a mistake of ours, and thrown. */
function sentence(error: unknown, aboutFile: string): string {
  if (error instanceof AppError) return `the database: ${causesOf(error).join("; ")}`;
  if (!(error instanceof Error) || !("code" in error)) throw error;
  return `${aboutFile} (${error.code}); nothing has been changed`;
}

/** Written beside and renamed, so that a broken export never takes the place of a whole one. */
async function exportTo(path: string, services: Services): Promise<void> {
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

/** Every line, before the first is carried out: half a ledger would pass for a whole one. */
async function check(path: string): Promise<void> {
  for await (const _ of parse(path)) { /* ends at the first that is no line of a ledger */ }
}

async function replayFrom(path: string, services: Services): Promise<void> {
  const run = await replayLedger(services, withProgress(parse(path)));
  console.log(
    `${run.lines} erasures read, ${run.erased} members erased again, ${run.sessions} sessions ended`,
  );
}

/** Says on standard error how far a long replay has come. */
async function* withProgress(lines: AsyncIterable<LedgerLine>): AsyncGenerator<LedgerLine> {
  let count = 0;
  for await (const line of lines) {
    yield line;
    if (++count % 1000 === 0) console.error(`${count} lines replayed`);
  }
}

async function* parse(path: string): AsyncGenerator<LedgerLine> {
  const file = await Deno.open(path);
  let rest = "";
  let number = 0;
  for await (const part of file.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield toLine(line, ++number);
  }
  if (rest) yield toLine(rest, ++number);
}

function toLine(text: string, number: number): LedgerLine {
  try {
    return ledgerLine.parse(JSON.parse(text));
  } catch {
    console.error(`line ${number} is not a line of a ledger; nothing has been changed`);
    Deno.exit(1);
  }
}

if (import.meta.main) await ledger(Deno.args);
