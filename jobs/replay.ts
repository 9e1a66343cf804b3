import type { Services } from "../context.ts";
import { erase } from "../db/erasures.ts";
import {
  clearRevivedLine,
  endAllSessions,
  findRevived,
  type LedgerLine,
  restoreLine,
} from "../db/ledger.ts";
import { identifierHash, newId } from "../domain/identifier.ts";
import { fold } from "../domain/member.ts";

/**
 * Erases again, in a restored database, whoever is on the ledger and has come back with the backup, under
 * the same receipt; puts the lines of the others back; and ends every session. May be run again.
 */
export async function replayLedger(services: Services, lines: AsyncIterable<LedgerLine>) {
  const run = { lines: 0, erased: 0, sessions: await endAllSessions(services.db) };
  for await (const line of lines) {
    run.lines++;
    if (await eraseAgain(services, line)) run.erased++;
    await restoreLine(services.db, line, newId());
  }
  await services.db.truncateLog();
  return run;
}

async function eraseAgain(services: Services, line: LedgerLine): Promise<boolean> {
  const { config, db, catalogue } = services;
  const revived = await findRevived(db, line.member_id);
  if (!revived) return false;
  await clearRevivedLine(db, line.member_id);
  const { rejoinBlockMs, backupDays } = config.withdrawal;
  const identifiers = [
    identifierHash(config.identifierKey, "name", fold(revived.name)),
    identifierHash(config.identifierKey, "email", fold(revived.email)),
  ];
  const receipt = await erase(db, catalogue, { by: "member", memberId: line.member_id }, {
    now: services.now(),
    receiptId: line.receipt_id,
    backupDays,
    recipients: config.recipients,
    rejoin: rejoinBlockMs > 0 ? { identifiers, until: line.erased_at + rejoinBlockMs } : null,
    reason: null,
  });
  return receipt !== null;
}
