import type { Services } from "../actions/services.ts";
import { erase } from "../db/leaving/erase.ts";
import {
  clearRevivedLine,
  endAllSessions,
  findRevived,
  type LedgerLine,
  restoreLine,
} from "../db/leaving/ledger.ts";
import { newId } from "../crypto/tokens.ts";
import { rejoinTerms } from "../crypto/identifiers.ts";

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
  const { config, db, inventory } = services;
  const revived = await findRevived(db, line.member_id);
  if (!revived) return false;
  await clearRevivedLine(db, line.member_id);
  const receipt = await erase(db, inventory, { by: "ledger", memberId: line.member_id }, {
    now: services.now(),
    receiptId: line.receipt_id,
    backupDays: config.withdrawal.backupDays,
    recipients: config.recipients,
    rejoin: rejoinTerms(config, revived, line.erased_at),
    reason: null,
  });
  return receipt !== null;
}
