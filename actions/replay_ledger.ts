import { byLedger, ofMember } from "../db/leaving/initiator.ts";
import { sealLedger } from "../db/leaving/ledger.ts";
import {
  adoptLedger,
  compareLines,
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
import { endAllSessions } from "../db/session/sessions.ts";
import { eraseMember } from "./erase_member.ts";
import type { Services } from "./services.ts";

const pageLines = 500;

/** What a replay did, or would do. */
export interface Replay {
  lines: number;
  /** Members whom the backup brought back. */
  erased: number;
  /** Erasures that the database did not have. Their receipts can be found again. */
  restored: number;
  /** Members whom the backup brought back, and who have left again with another receipt. */
  otherReceipt: number;
  /** Erasures of the database that are not on the ledger. */
  notOnLedger: number;
  /** The first line at which the database's own chain differs. */
  differsAt: number | null;
  /** Sessions that existed at the beginning. The replay ends them. */
  sessions: number;
  /** Erasures that the database refused, by line. All others were carried out. */
  refused: { line: number; receiptId: string; causes: string[] }[];
}

/** The ledger belongs to another database. */
export class OtherLedger extends Error {
  override name = "OtherLedger";
}

/**
 * Returns what `replayLedger` would do. Only reads.
 * @param ledger the id in the file; `null` for a file of version 0.1.0, or to accept any ledger
 */
export async function planReplay(
  { db, inventory }: Services,
  lines: AsyncIterable<ReplayLine>,
  ledger: string | null,
): Promise<Replay> {
  const before = await replayFacts(db, inventory.subject);
  if (ledger && before.sealed && before.ledger !== ledger) throw new OtherLedger();
  const run: Replay = { ...noReplay, refused: [], sessions: before.sessions };
  let known = 0;
  for await (const page of pagesOf(lines)) {
    const standings = await compareLines(db, inventory.subject, page);
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
 * Replays the ledger in a database that was restored from a backup: erases again, under the same receipt,
 * each member whom the backup brought back; restores the other lines; ends all sessions. Safe to run again
 * after an interruption. An erasure that is refused does not stop the others.
 * @throws `unavailable`, `OtherLedger`
 */
export async function replayLedger(
  services: Services,
  lines: AsyncIterable<ReplayLine>,
  ledger: string | null,
  audit: (act: string, memberId: string | null) => AuditEntry,
): Promise<Replay> {
  const { config, db, inventory } = services;
  const before = await replayFacts(db, inventory.subject);
  if (ledger) await adoptLedger(db, ledger);
  if (ledger && (await replayFacts(db, inventory.subject)).ledger !== ledger) {
    throw new OtherLedger();
  }
  await sealLedger(db);
  const run: Replay = { ...noReplay, refused: [], sessions: before.sessions };
  let known = 0;
  for await (const page of pagesOf(lines)) {
    const standings = await compareLines(db, inventory.subject, page);
    for (const [index, line] of page.entries()) {
      const standing = standings[index]!;
      run.lines++;
      if (standing.isKnown) known++;
      if (differs(line, standing)) run.differsAt ??= run.lines;
      if (standing.erasure === "other_receipt") run.otherReceipt++;
      if (standing.erasure === "other_receipt" || isDone(standing)) continue;
      try {
        await prepareLine(db, inventory.subject, line);
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
  if (inventory.subject.isOwn) {
    await endAllSessions(db, audit("replay end-sessions", null), services.now());
  }
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

/** Returns whether the database's own chain has this erasure at another position, or with another hash. */
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
  const { member_id: memberId, receipt_id: receiptId, erased_at: blockedFrom } = line;
  const receipt = await eraseMember(services, {
    initiator: byLedger(ofMember(services.inventory.subject, memberId)),
    member: { id: memberId, ...revived },
    receiptId,
    now: services.now(),
    blockedFrom,
    audit: audit("replay", memberId),
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
