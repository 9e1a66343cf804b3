import type { Services } from "../actions/services.ts";
import { erase } from "../db/leaving/erase.ts";
import { sealLedger } from "../db/leaving/ledger.ts";
import {
  adoptLedger,
  compareLines,
  endAllSessions,
  prepareLine,
  replayFacts,
  type ReplayLine,
  restoreLine,
  type Standing,
} from "../db/leaving/replay.ts";
import type { AuditEntry } from "../db/operate/audit.ts";
import { AppError, causesOf } from "../domain/error.ts";
import { lineHash } from "../domain/ledger.ts";
import { newId } from "../crypto/tokens.ts";
import { rejoinTerms } from "../crypto/identifiers.ts";

const pageLines = 500;

/** What a replay did, or would do. */
export interface Replay {
  lines: number;
  /** Members who had come back with the backup. */
  erased: number;
  /** Erasures that the database did not know: their receipts can be asked for again. */
  restored: number;
  /** Members who had come back, left again, and have another receipt by now. */
  otherReceipt: number;
  /** Erasures of the database that are not on the ledger. */
  notOnLedger: number;
  /** The first line at which the database's own chain is another one. */
  differsAt: number | null;
  /** Sessions that were there at the beginning, and are ended at the end. */
  sessions: number;
  /** Erasures that the database refused, by line. Everything else was done. */
  refused: { line: number; receiptId: string; causes: string[] }[];
}

/** The ledger belongs to another database. */
export class OtherLedger extends Error {
  override name = "OtherLedger";
}

/**
 * What `replayLedger` would do. Reads only.
 * @param ledger the id in the file, or `null` for a file of version 0.1.0, or to replay any
 */
export async function planReplay(
  { db }: Services,
  lines: AsyncIterable<ReplayLine>,
  ledger: string | null,
): Promise<Replay> {
  const before = await replayFacts(db);
  if (ledger && before.sealed && before.ledger !== ledger) throw new OtherLedger();
  const run: Replay = { ...noReplay, refused: [], sessions: before.sessions };
  let known = 0;
  for await (const page of pagesOf(lines)) {
    const standings = await compareLines(db, page);
    page.forEach((line, index) => {
      const standing = standings[index]!;
      run.lines++;
      if (standing.isKnown) known++;
      if (differs(line, standing)) run.differsAt ??= run.lines;
      if (standing.erasure === "other_receipt") run.otherReceipt++;
      else if (standing.revived) run.erased++;
      else if (standing.erasure === "missing") run.restored++;
    });
  }
  run.notOnLedger = before.erasures - known - run.otherReceipt;
  return run;
}

/**
 * Erases again, in a restored database, every member on the ledger who has come back with the backup,
 * under the same receipt; puts the other lines back; and then ends every session. A run that was cut
 * off is finished by the next one. An erasure that is refused does not stop the others.
 * Throws `unavailable` and `OtherLedger`.
 */
export async function replayLedger(
  services: Services,
  lines: AsyncIterable<ReplayLine>,
  ledger: string | null,
  audit: (act: string, memberId: string | null) => AuditEntry,
): Promise<Replay> {
  const { config, db } = services;
  const before = await replayFacts(db);
  if (ledger) await adoptLedger(db, ledger);
  if (ledger && (await replayFacts(db)).ledger !== ledger) throw new OtherLedger();
  await sealLedger(db);
  const run: Replay = { ...noReplay, refused: [], sessions: before.sessions };
  let known = 0;
  for await (const page of pagesOf(lines)) {
    const standings = await compareLines(db, page);
    for (const [index, line] of page.entries()) {
      const standing = standings[index]!;
      run.lines++;
      if (standing.isKnown) known++;
      if (differs(line, standing)) run.differsAt ??= run.lines;
      if (standing.erasure === "other_receipt") run.otherReceipt++;
      if (standing.erasure === "other_receipt" || isDone(standing)) continue;
      try {
        await prepareLine(db, line);
        if (await eraseAgain(services, line, standing, audit)) run.erased++;
        else run.restored++;
        await restoreLine(db, line, newId(), config.recipients, services.now());
      } catch (error) {
        if (error instanceof AppError && error.code === "unavailable") throw error;
        run.refused.push({
          line: run.lines,
          receiptId: line.receipt_id,
          causes: causesOf(error),
        });
      }
    }
  }
  run.notOnLedger = before.erasures - known - run.otherReceipt;
  await endAllSessions(db, audit("replay end-sessions", null), services.now());
  await db.truncateLog();
  return run;
}

const noReplay: Replay = {
  ...{ lines: 0, erased: 0, restored: 0, otherReceipt: 0, notOnLedger: 0, sessions: 0 },
  differsAt: null,
  refused: [],
};

function isDone({ revived, erasure }: Standing): boolean {
  return !revived && erasure === "same";
}

/** Whether the database has this erasure at another place of its own chain, or with another hash. */
function differs(line: ReplayLine, { sequence, hash }: Standing): boolean {
  if (!("sequence" in line) || hash === null) return false;
  return sequence !== line.sequence || hash !== lineHash(line);
}

async function eraseAgain(
  services: Services,
  line: ReplayLine,
  { revived }: Standing,
  audit: (act: string, memberId: string | null) => AuditEntry,
): Promise<boolean> {
  if (!revived) return false;
  const { config, db, inventory } = services;
  const receipt = await erase(db, inventory, { by: "ledger", memberId: line.member_id }, {
    now: services.now(),
    receiptId: line.receipt_id,
    backupDays: config.withdrawal.backupDays,
    recipients: config.recipients,
    rejoin: rejoinTerms(config, revived, line.erased_at),
    reason: null,
    audit: audit("replay", line.member_id),
  });
  return receipt !== null;
}

async function* pagesOf(lines: AsyncIterable<ReplayLine>): AsyncGenerator<ReplayLine[]> {
  let page: ReplayLine[] = [];
  for await (const line of lines) {
    page.push(line);
    if (page.length < pageLines) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
