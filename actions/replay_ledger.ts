import { proofSource } from "../db/identity/proofs.ts";
import { byLedger } from "../db/leaving/initiator.ts";
import {
  clearRevivedLine,
  findRevived,
  type LedgerLine,
  restoreLine,
} from "../db/leaving/ledger.ts";
import { newId } from "../crypto/tokens.ts";
import { endAllSessions } from "../db/session/sessions.ts";
import { eraseMember } from "./erase_member.ts";
import type { Services } from "./services.ts";

/**
 * Erases again, in a restored database, whoever is on the ledger and has come back with the backup, under
 * the same receipt; puts the lines of the others back; and ends every session. May be run again.
 */
export async function replayLedger(services: Services, lines: AsyncIterable<LedgerLine>) {
  const { config, db } = services;
  const run = { lines: 0, erased: 0, sessions: await endAllSessions(db) };
  for await (const line of lines) {
    run.lines++;
    if (await eraseAgain(services, line)) run.erased++;
    await restoreLine(db, line, newId(), config.recipients, services.now());
  }
  await services.db.truncateLog();
  return run;
}

async function eraseAgain(services: Services, line: LedgerLine): Promise<boolean> {
  const { db } = services;
  const memberId = line.member_id;
  const revived = await findRevived(db, memberId);
  if (!revived) return false;
  await clearRevivedLine(db, memberId);
  const receipt = await eraseMember(services, {
    initiator: byLedger(proofSource({ by: "operator", memberId })),
    member: revived,
    receiptId: line.receipt_id,
    now: services.now(),
    blockedFrom: line.erased_at,
  });
  return receipt !== null;
}
