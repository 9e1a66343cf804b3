import { getLogger } from "@logtape/logtape";
import { nextTurn } from "../db/engine/turn.ts";
import { byDeadline } from "../db/leaving/initiator.ts";
import { dueWithdrawals } from "../db/leaving/withdrawals.ts";
import { AppError, causesOf } from "../domain/error.ts";
import { eraseMember } from "./erase_member.ts";
import { addresseeOf } from "./mail.ts";
import type { Services } from "./services.ts";

const log = getLogger(["annyeong", "jobs"]);

const pageSize = 100;

/** How many due withdrawals a run found, and what became of them. */
export interface ErasureRun {
  due: number;
  erased: number;
  /** Due, but erased by another process or restored in the meantime. */
  lost: number;
  /** Due, but vetoed, or a table is not on the data map. The next run tries again. */
  refused: number;
  /** Due, but not tried. The next run tries them. */
  left: number;
}

/**
 * Erases the members whose grace period is over, one page after another, until none is left, the time
 * is up, `stop` is aborted or the clock is not trusted. Many may run at once, and each may be killed at
 * any moment.
 * @param untilMs when the run ends, ms, by `services.now`
 */
export async function eraseDue(
  services: Services,
  untilMs: number,
  stop?: AbortSignal,
): Promise<ErasureRun> {
  const { db, inventory } = services;
  const run: ErasureRun = { due: 0, erased: 0, lost: 0, refused: 0, left: 0 };
  let after = { eraseAt: 0, id: "" };
  for (;;) {
    const now = services.now();
    if (!await services.clock.allows(now)) return run;
    const due = await dueWithdrawals(db, inventory.subject, now, after, pageSize);
    for (const { id, receiptId, eraseAt, member } of due) {
      run.due++;
      after = { eraseAt, id };
      if (services.now() >= untilMs || stop?.aborted) {
        run.left++;
        continue;
      }
      await nextTurn();
      try {
        const receipt = await eraseMember(services, {
          initiator: byDeadline(inventory.subject, id),
          member,
          tell: addresseeOf(member),
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
    if (due.length > 0) await db.truncateLog(); // once for a page: it costs as much as an erasure
    if (due.length < pageSize || run.left > 0) return run;
  }
}
