import type { Context } from "hono";
import type { Env } from "../http/env.ts";
import type { Initiator } from "../db/leaving/initiator.ts";
import { erase } from "../db/leaving/erase.ts";
import { scheduleWithdrawal } from "../db/leaving/withdrawals.ts";
import { AppError } from "../domain/error.ts";
import { newId } from "../crypto/tokens.ts";
import type { Member } from "../domain/member.ts";
import type { Receipt } from "../domain/receipt.ts";
import { rejoinTerms } from "../crypto/identifiers.ts";
import type { Reason } from "../domain/withdrawal.ts";
import { copyBeforeAnswer } from "../actions/copy_ledger.ts";
import { wantsPage } from "../http/language.ts";
import { originOf } from "../http/origin.ts";

/**
 * Carries a decided withdrawal out, at once or by a deadline, and answers; `null` when its claim did not
 * hold. Session and recovery link both end here.
 */
export async function leave(
  c: Context<Env>,
  initiator: Initiator,
  member: Pick<Member, "name" | "email">,
  eraseAt: number | null,
  reason: Reason | undefined,
) {
  const { config, db, inventory } = c.var.services;
  const { now } = c.var;
  const receiptId = newId();
  const terms = { now, receiptId, recipients: config.recipients, reason: reason ?? null };
  if (eraseAt !== null) {
    const schedule = { ...terms, initiator, eraseAt };
    const scheduled = await scheduleWithdrawal(db, inventory, schedule)
      .catch((error) => unavailable(error, receiptId));
    return scheduled ? respondScheduled(c, receiptId, eraseAt) : null;
  }
  const { backupDays } = config.withdrawal;
  const rejoin = rejoinTerms(config, member, now);
  const receipt = await erase(db, inventory, initiator, { ...terms, backupDays, rejoin })
    .catch((error) => unavailable(error, receiptId));
  if (!receipt) return null;
  const [answer] = await Promise.all([ // signed meanwhile
    respondErased(c, receipt),
    db.truncateLog(),
    copyBeforeAnswer(c.var.services, (work) => inBackground(c, work)),
  ]);
  return answer;
}

/** A Worker is kept alive until it is done. Hono throws where there is none: Deno goes on by itself. */
function inBackground(c: Context<Env>, work: Promise<void>): void {
  try {
    c.executionCtx.waitUntil(work);
  } catch {
    // not a Worker
  }
}

/**
 * What a withdrawal says when the database is away. When only its answer was lost, the number leads to
 * the receipt if the withdrawal was carried out, and to nothing if it was not.
 */
export function unavailable(error: unknown, receiptId?: string): never {
  if (!(error instanceof AppError) || error.code !== "unavailable") throw error;
  const { details } = error;
  throw details.answerLost && receiptId
    ? new AppError("unavailable", { ...details, sentence: "answer_lost", receiptId })
    : new AppError("unavailable", { ...details, sentence: "withdrawal_unavailable" });
}

async function respondErased(c: Context<Env>, receipt: Receipt) {
  c.var.session.deleteSession();
  c.header("Clear-Site-Data", '"cache", "storage"');
  if (wantsPage(c)) return c.redirect(`/receipts/${receipt.receiptId}`, 303);
  return c.json({
    message: c.var.messages.done.withdrawn,
    receipt_id: receipt.receiptId,
    receipt: await c.var.services.receiptKeys.sign(receipt, originOf(c)),
    erased_at: new Date(receipt.erasedAt).toISOString(),
  });
}

function respondScheduled(c: Context<Env>, receiptId: string, eraseAt: number) {
  c.var.session.deleteSession();
  if (wantsPage(c)) return c.redirect(`/receipts/${receiptId}`, 303);
  return c.json({
    message: c.var.messages.done.scheduled(eraseAt),
    receipt_id: receiptId,
    erase_at: new Date(eraseAt).toISOString(),
  }, 202);
}
