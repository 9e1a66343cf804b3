/** `deno task drill BACKUP LEDGER`: proves that a backup can be restored without anyone who left. */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import type { Services } from "../actions/services.ts";
import { newId } from "../crypto/tokens.ts";
import { sealLedger } from "../db/leaving/ledger.ts";
import type { ReplayLine } from "../db/leaving/replay.ts";
import { type MemberValues, valuesOf } from "../db/leaving/traces.ts";
import { compactInto } from "../db/operate/compact.ts";
import { type Chain, LedgerProblem } from "../domain/ledger.ts";
import { OtherLedger, type Replay, replayLedger } from "../actions/replay_ledger.ts";
import { openOnDeno, type Parts, receiptKeysOnDeno } from "../runtime/mod.ts";
import { auditBy } from "./audit.ts";
import { type Checked, checkLedger, ledgerLines } from "./read_ledger.ts";
import { type Leavers, type Search, searchFile, searchTables } from "./search.ts";
import { sentenceOf } from "./sentence.ts";

const strict = { unsigned: false, withoutTrailer: false };
const pageIds = 500;

interface Call {
  backup: string;
  ledger: string;
  /** Shows that the drill finds those who come back: it always fails. */
  skipReplay: boolean;
}

/** What a drill found. It has passed where `problems` is empty. */
interface Found {
  backup: { sha256: string; bytes: number };
  chain: Chain;
  membersBack: number;
  replay: Replay | null;
  search: Search;
  problems: string[];
}

/** Ends the process: 1 where the drill fails, 2 where the words are wrong. */
export async function drill(args: readonly string[], parts?: Parts): Promise<void> {
  const call = parse(args);
  try {
    const keys = await receiptKeysOnDeno(parts);
    const checked = await checkLedger(call.ledger, keys, strict);
    const scratch = await makeScratch();
    const backup = await restore(call.backup, `${scratch}/restored.db`);
    const services = await openOnDeno(parts, {
      TURSO_DATABASE_URL: `file:${scratch}/restored.db`,
      TURSO_AUTH_TOKEN: "",
      LEDGER_URL: "",
    });
    const found = await run(call, services, { scratch, backup, checked });
    services.db.close();
    await tell(found, services);
  } catch (error) {
    fail([sentence(error, call)]);
  }
}

function sentence(error: unknown, { backup, ledger }: Call): string {
  if (error instanceof OtherLedger) return `${ledger} is the ledger of another database`;
  return sentenceOf(error, error instanceof LedgerProblem ? ledger : backup, "read");
}

function parse(args: readonly string[]): Call {
  try {
    const { values, positionals: [backup, ledger, ...rest] } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { "skip-replay": { type: "boolean", default: false } },
    });
    if (backup && ledger && rest.length === 0) {
      return { backup, ledger, skipReplay: values["skip-replay"] };
    }
  } catch {
    // an option that there is not
  }
  console.error("usage: drill BACKUP LEDGER [--skip-replay]");
  Deno.exit(2);
}

/** A folder for the owner only. It is removed when the process ends, unless that is killed. */
async function makeScratch(): Promise<string> {
  const scratch = await Deno.makeTempDir({ prefix: "annyeong-drill-" });
  addEventListener("unload", () => Deno.removeSync(scratch, { recursive: true }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => Deno.exit(1));
  }
  return scratch;
}

/** Copies the backup, and its log where it was copied with one. The backup itself is not opened. */
async function restore(path: string, target: string): Promise<Found["backup"]> {
  await Deno.copyFile(path, target);
  await Deno.chmod(target, 0o600);
  await Deno.copyFile(`${path}-wal`, `${target}-wal`).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  const hash = createHash("sha256");
  let bytes = 0;
  let begin = "";
  for await (const chunk of (await Deno.open(target)).readable) {
    begin ||= new TextDecoder("latin1").decode(chunk.subarray(0, 16));
    hash.update(chunk);
    bytes += chunk.length;
  }
  if (begin !== "SQLite format 3\0") throw new Error(`${path} is not an SQLite database`);
  return { sha256: hash.digest("hex"), bytes };
}

async function run(
  { ledger, skipReplay }: Call,
  services: Services,
  { scratch, backup, checked }: { scratch: string; backup: Found["backup"]; checked: Checked },
): Promise<Found> {
  const { db } = services;
  const chain = checked.chain!; // no other ledger has passed
  const leavers = await readLeavers(services, ledgerLines(ledger, checked));
  const problems: string[] = [];
  let replay: Replay | null = null;
  if (skipReplay) problems.push("the replay was skipped");
  else {
    const lines = ledgerLines(ledger, checked);
    replay = await replayLedger(services, lines, chain.ledger, auditBy("drill", "restore drill"));
    problems.push(...await problemsOf(replay, services, chain));
  }
  const search = await searchTables(db, leavers);
  await db.truncateLog();
  await compactInto(db, `${scratch}/clean.db`);
  const files = [`${scratch}/restored.db`, ...await existing(`${scratch}/restored.db-wal`)];
  const { bytes, found } = await searchFile(files, `${scratch}/clean.db`, leavers);
  search.bytes = bytes;
  search.found.push(...found);
  problems.push(...search.found);
  return { backup, chain, membersBack: leavers.values.length, replay, search, problems };
}

/** Everyone on the ledger, and the values of those whom the backup has brought back. */
async function readLeavers(
  { db, inventory }: Services,
  lines: AsyncIterable<ReplayLine>,
): Promise<Leavers> {
  const ids: string[] = [];
  const values: MemberValues[] = [];
  let page: string[] = [];
  const look = async () => {
    values.push(...await valuesOf(db, inventory.subject, page));
    page = [];
  };
  for await (const { member_id } of lines) {
    ids.push(member_id);
    page.push(member_id);
    if (page.length === pageIds) await look();
  }
  await look();
  return { ids, values };
}

async function problemsOf(replay: Replay, { db }: Services, chain: Chain): Promise<string[]> {
  const problems = replay.refused.map(({ line, receiptId, causes }) =>
    `line ${line} of the ledger (receipt ${receiptId}) was refused: ${causes.join("; ")}`
  );
  if (replay.notOnLedger > 0) {
    problems.push(
      `${replay.notOnLedger} erasures of the backup are not on the ledger: it is older than the backup`,
    );
  }
  if (replay.differsAt !== null || replay.otherReceipt > 0) {
    problems.push("the backup went on without this ledger, and has one of its own");
  }
  if (problems.length > 0) return problems;
  const head = await sealLedger(db);
  return head.sequence === chain.count && head.hash === chain.head
    ? []
    : ["the chain of the restored database does not end as the ledger does"];
}

async function existing(path: string): Promise<string[]> {
  return await Deno.stat(path).then(() => [path], () => []);
}

/** Prints the statement in words and signed, or why there is none. */
async function tell(found: Found, { config, receiptKeys, now }: Services): Promise<void> {
  if (found.problems.length > 0) return fail(found.problems);
  const { backup, chain, membersBack, replay, search } = found;
  const at = now();
  const closedAt = new Date(chain.trailer!.closed_at).toISOString();
  const { tables, columns, rows, bytes, kept } = search;
  console.log(`Restore drill of ${new Date(at).toISOString()}: passed
backup: ${backup.bytes} bytes, SHA-256 ${backup.sha256}
ledger: ${chain.count} erasures, whole and signed, closed ${closedAt}
restored: ${membersBack} members who left were in the backup, ${
    replay!.erased
  } were erased again, ${replay!.sessions} sessions ended
searched: ${tables} tables, ${columns} columns, ${rows} rows, ${bytes} bytes of the file
found: nothing of ${chain.count} members who left, but for ${kept} values in rows kept apart
`);
  const claims = {
    iss: config.publicOrigin ?? "http://127.0.0.1:8000",
    jti: newId(),
    iat: Math.floor(at / 1000),
    passed: true,
    backup,
    ledger: { id: chain.ledger, erasures: chain.count, head: chain.head, closed_at: closedAt },
    restored: {
      members_back: membersBack,
      erased_again: replay!.erased,
      sessions_ended: replay!.sessions,
    },
    searched: { tables, columns, rows, bytes },
    found: 0,
    kept,
  };
  console.log(await receiptKeys.signText(JSON.stringify(claims), "restore-drill+jwt"));
}

function fail(problems: string[]): void {
  for (const problem of problems) console.error(`the drill failed: ${problem}`);
  Deno.exitCode = 1;
}

if (import.meta.main) await drill(Deno.args);
