import { getLogger } from "@logtape/logtape";
import type { Services } from "../context.ts";
import { erase } from "../db/erasures.ts";
import { dueWithdrawals } from "../db/withdrawals.ts";
import { AppError, causesOf } from "../domain/error.ts";
import { identifierHash } from "../domain/identifier.ts";
import { fold } from "../domain/member.ts";

const log = getLogger(["annyeong", "jobs"]);

export interface ErasureRun {
  due: number;
  erased: number;
  /** Due, but somebody else's by now: erased elsewhere, or restored. */
  lost: number;
  /** Due, and vetoed or unmapped: tried again at the next run. */
  refused: number;
}

/** Erases the members whose grace period is over, at most `limit` of them. Safe in ten places at once. */
export async function eraseDue(services: Services, limit: number): Promise<ErasureRun> {
  const { config, db, catalogue } = services;
  const now = services.now();
  const due = await dueWithdrawals(db, now, limit);
  const run = { due: due.length, erased: 0, lost: 0, refused: 0 };
  for (const { id, receiptId, member } of due) {
    const { rejoinBlockMs, backupDays } = config.withdrawal;
    const identifiers = [
      identifierHash(config.identifierKey, "name", fold(member.name)),
      identifierHash(config.identifierKey, "email", fold(member.email)),
    ];
    try {
      const receipt = await erase(db, catalogue, { by: "due", withdrawalId: id }, {
        now,
        receiptId,
        backupDays,
        recipients: config.recipients,
        rejoin: rejoinBlockMs > 0 ? { identifiers, until: now + rejoinBlockMs } : null,
        reason: null,
      });
      if (receipt) run.erased++;
      else run.lost++;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.error("an erasure that is due was refused", {
        receipt: receiptId,
        causes: causesOf(error),
      });
      run.refused++;
    }
  }
  return run;
}
