/** `deno task ledger export FILE` and `deno task ledger replay FILE`: see docs/operating.md. */
import { parseArgs } from "node:util";
import type { Services } from "../actions/services.ts";
import { appendLedger, exportLedger, writeLines } from "../runtime/ledger_file.ts";
import { OtherLedger, planReplay, type Replay, replayLedger } from "../actions/replay_ledger.ts";
import type { ReplayLine } from "../db/leaving/replay.ts";
import { openOnDeno, type Parts, receiptKeysOnDeno } from "../runtime/mod.ts";
import { auditBy } from "./audit.ts";
import { checkLedger, ledgerLines, type Leniency } from "./read_ledger.ts";
import { sentenceOf } from "./sentence.ts";

const followEveryMs = 2000;

interface Call extends Leniency {
  command: "export" | "replay";
  path: string;
  follow: boolean;
  yes: boolean;
  otherDatabase: boolean;
  by: string | undefined;
  why: string | undefined;
}

/** Ends the process: 1 where the ledger or the database is in the way, 2 where the words are wrong. */
export async function ledger(args: readonly string[], parts?: Parts): Promise<void> {
  const call = parse(args);
  const work = call.command === "export" ? write : replay;
  try {
    await work(call, parts);
  } catch (error) {
    const use = call.command === "export" ? "written" : "read";
    console.error(`${sentenceOf(error, call.path, use)}; nothing has been changed`);
    Deno.exitCode = 1;
  }
}

function parse(args: readonly string[]): Call {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        follow: { type: "boolean", default: false },
        yes: { type: "boolean", default: false },
        unsigned: { type: "boolean", default: false },
        "without-trailer": { type: "boolean", default: false },
        "other-database": { type: "boolean", default: false },
        by: { type: "string" },
        why: { type: "string" },
      },
    });
    const [command, path, ...rest] = positionals;
    if ((command !== "export" && command !== "replay") || !path || rest.length > 0) usage();
    if (values.follow && path === "-") usage();
    const { follow, yes, unsigned, by, why } = values;
    const withoutTrailer = values["without-trailer"];
    const otherDatabase = values["other-database"];
    return { command, path, follow, yes, unsigned, withoutTrailer, otherDatabase, by, why };
  } catch {
    usage();
  }
}

function usage(): never {
  console.error(`usage: ledger export FILE [--follow]   (FILE may be - for standard output)
       ledger replay FILE [--yes] [--by WHO] [--why REASON]
                     [--unsigned] [--without-trailer] [--other-database]`);
  Deno.exit(2);
}

async function write({ path, follow }: Call, parts?: Parts): Promise<void> {
  if (path === "-") console.log = console.error; // standard output carries the ledger only
  const services = await openOnDeno(parts);
  try {
    if (path === "-") return void await writeLines(services, toOutput);
    const { sequence } = await exportLedger(path, services);
    console.log(`${sequence} erasures written`);
    if (follow) await keepUp(path, sequence, services);
  } finally {
    services.db.close();
  }
}

async function toOutput(text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await Deno.stdout.write(bytes));
}

/** Adds new erasures to the file until SIGTERM or SIGINT. */
async function keepUp(path: string, written: number, services: Services): Promise<void> {
  const stopping = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, stopping.resolve);
  }
  let stopped = false;
  stopping.promise.then(() => stopped = true);
  while (!stopped) {
    try {
      const { sequence } = await appendLedger(path, services);
      if (sequence > written) console.log(`${sequence} erasures written`);
      written = sequence;
    } catch (error) {
      console.error(`${sentenceOf(error, path, "written")}; trying again`);
    }
    const pause = Promise.withResolvers<void>();
    const timer = setTimeout(pause.resolve, followEveryMs);
    await Promise.race([pause.promise, stopping.promise]);
    clearTimeout(timer);
  }
}

async function replay(call: Call, parts?: Parts): Promise<void> {
  const { path } = call;
  const keys = await receiptKeysOnDeno(parts);
  const checked = await checkLedger(path, keys, call);
  const { chain, hashes } = checked;
  if (!chain) warn("this ledger is not signed, so nobody can tell whether it is whole");
  else if (!chain.trailer) warn("the trailer is missing, and maybe erasures with it");
  const id = call.otherDatabase ? null : chain?.ledger ?? null;
  const services = await openOnDeno(parts);
  const all = () => ledgerLines(path, checked, (count) => console.error(`${count} lines read`));
  try {
    if (!call.yes) {
      tell(await planReplay(services, all(), id), "would");
      console.log("Nothing has been changed. To carry this out, add --yes to the same command.");
      return;
    }
    const why = call.why ?? `replay of a ledger with ${chain?.count ?? hashes.length} erasures`;
    await carryOut(services, all(), id, auditBy(call.by, why));
  } catch (error) {
    if (!(error instanceof OtherLedger)) throw error;
    throw new Error(
      `${path} is the ledger of another database; add --other-database to replay it all the same`,
    );
  } finally {
    services.db.close();
  }
}

async function carryOut(
  services: Services,
  lines: AsyncIterable<ReplayLine>,
  id: string | null,
  audit: ReturnType<typeof auditBy>,
): Promise<void> {
  try {
    const run = await replayLedger(services, lines, id, audit);
    tell(run, "did");
    for (const { line, receiptId, causes } of run.refused) {
      console.error(`line ${line} (receipt ${receiptId}) was refused: ${causes.join("; ")}`);
    }
    if (run.refused.length > 0) Deno.exitCode = 1;
  } catch (error) {
    console.error(
      `${sentenceOf(error, "the ledger", "read")}; the replay is not complete: run it again`,
    );
    Deno.exitCode = 1;
  }
}

/** Says what a replay did, or would do. */
function tell(run: Replay, mood: "would" | "did"): void {
  const [erased, restored, ended] = mood === "did"
    ? ["erased again", "put back", "ended"]
    : ["to erase again", "to put back", "to end"];
  console.log(
    `${run.lines} erasures read, ${run.erased} members ${erased}, ` +
      `${run.restored} receipts ${restored}, ${run.sessions} sessions ${ended}`,
  );
  if (run.otherReceipt > 0) {
    warn(`${run.otherReceipt} members have left again under another receipt number, which stays`);
  }
  if (run.notOnLedger > 0) {
    warn(
      `${run.notOnLedger} erasures of the database are not on this ledger: is there a newer file?`,
    );
  }
  if (run.differsAt !== null) {
    warn(
      `from line ${run.differsAt} on the database has a ledger of its own: export it to a new file`,
    );
  }
}

function warn(sentence: string): void {
  console.error(`warning: ${sentence}`);
}

if (import.meta.main) await ledger(Deno.args);
