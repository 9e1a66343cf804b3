import { getLogger } from "@logtape/logtape";
import { byDeadline } from "../db/leaving/initiator.ts";
import { dueWithdrawals } from "../db/leaving/withdrawals.ts";
import { AppError, causesOf } from "../domain/error.ts";
import { eraseMember } from "./erase_member.ts";
import type { Services } from "./services.ts";

const log = getLogger(["annyeong", "jobs"]);

const pageSize = 100;

/** How many due withdrawals a run found, and what became of them. */
export interface ErasureRun {
  due: number;
  erased: number;
  /** Due, but erased elsewhere or restored meanwhile. */
  lost: number;
  /** Due, and vetoed or unmapped: tried again at the next run. */
  refused: number;
  /** Due, and left to the next run. */
  left: number;
}

/**
 * Erases the members whose grace period is over, page by page, until none is left or the time is up.
 * Safe in ten places at once, and may be killed at any moment. `untilMs` by our clock.
 */
export async function eraseDue(services: Services, untilMs: number): Promise<ErasureRun> {
  const { db } = services;
  const run: ErasureRun = { due: 0, erased: 0, lost: 0, refused: 0, left: 0 };
  let after = { eraseAt: 0, id: "" };
  for (;;) {
    const now = services.now();
    const due = await dueWithdrawals(db, now, after, pageSize);
    for (const { id, receiptId, eraseAt, member } of due) {
      run.due++;
      after = { eraseAt, id };
      if (services.now() >= untilMs) {
        run.left++;
        continue;
      }
      try {
        const receipt = await eraseMember(services, {
          initiator: byDeadline(id),
          member,
          receiptId,
          now,
        });
        if (receipt) run.erased++;
        else run.lost++;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        const causes = causesOf(error);
        log.error("an erasure that is due was refused", { receipt: receiptId, causes });
        run.refused++;
      }
    }
    if (due.length < pageSize || run.left > 0) break;
  }
  if (run.erased > 0) await db.truncateLog();
  return run;
}
