import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import type { Env } from "../context.ts";
import { erase } from "../db/erasures.ts";
import { findSession, findSessionCounting } from "../db/sessions.ts";
import { previewWithdrawal, scheduleWithdrawal } from "../db/withdrawals.ts";
import { AppError } from "../domain/error.ts";
import { newId, secretHash } from "../domain/identifier.ts";
import type { Receipt } from "../domain/receipt.ts";
import { passwordAttempt } from "../domain/throttle.ts";
import { askedFor, decideWithdrawal, reasons, type WithdrawalForm } from "../domain/withdrawal.ts";
import { body } from "../middleware/body.ts";
import { clientOf, identifiersOf } from "../middleware/client.ts";
import { wantsPage } from "../middleware/language.ts";
import { originOf } from "../middleware/origin.ts";
import { requireMember, requireSecret, requireSession } from "../middleware/session.ts";
import { type Leaving, PendingPage, WithdrawalPage } from "../pages/withdrawal.tsx";
import { leavingJson, linesOf, termsOf } from "./leaving.ts";
import { optional, password, shortText } from "./fields.ts";

const confirmation = z.object({
  password: optional(password),
  phrase: optional(shortText(100)),
  user_id: optional(shortText(254)),
  reason: optional(z.pipe(z.string(), z.enum(reasons))),
});

export default new Hono<Env>()
  .get("/withdrawal", async (c) => {
    const { config, db, catalogue } = c.var.services;
    const { session: found, lines } = await previewWithdrawal(
      db,
      catalogue,
      requireSecret(c),
      c.var.now,
    );
    const session = requireSession(c, found);
    const confirm = askedFor(session, config.withdrawal, c.var.now);
    const leaving: Leaving = { confirm, ...termsOf(config), ...linesOf(lines) };
    if (!wantsPage(c)) return c.json(leavingJson(leaving, c.var.language));
    return session.eraseAt === null
      ? c.html(<WithdrawalPage t={c.var.messages} leaving={leaving} />)
      : c.html(<PendingPage t={c.var.messages} eraseAt={session.eraseAt} />);
  })
  .delete("/withdrawal", body(confirmation), (c) => withdraw(c, c.req.valid("json")))
  .post("/withdrawal", body(confirmation), (c) => withdraw(c, c.req.valid("json")));

/** Leaves: at once, or when the grace period is over. Forms cannot send DELETE, so POST does the same. */
async function withdraw(c: Context<Env>, form: WithdrawalForm) {
  try {
    return await loadDecideApply(c, form);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "unavailable") throw error;
    const sentence = error.details.answerLost ? "answer_lost" : "withdrawal_unavailable";
    throw new AppError("unavailable", { ...error.details, sentence });
  }
}

async function loadDecideApply(c: Context<Env>, form: WithdrawalForm) {
  const { config, db, catalogue, passwords } = c.var.services;
  const { now } = c.var;
  const policy = config.withdrawal;
  const secret = requireSecret(c);

  const account = c.var.session.get("account")!;
  const attempt = passwordAttempt(account, clientOf(c), config.throttleScale);
  const found = form.password === undefined
    ? await findSession(db, secret, now)
    : await findSessionCounting(db, secret, attempt, now);
  const session = requireMember(c, found);

  let decision = decideWithdrawal(session, form, policy, now, null);
  if (form.password !== undefined) {
    const right = await passwords.verify(form.password, session.member.passwordHash);
    decision = decideWithdrawal(session, form, policy, now, right);
  }

  const { eraseAt } = decision;
  const receiptId = newId();
  const { recipients } = config;
  const reason = form.reason ?? null;
  if (eraseAt !== null) {
    const scheduled = await scheduleWithdrawal(db, catalogue, {
      secret,
      decision: { ...decision, eraseAt },
      receiptId,
      recipients,
      reason,
      now,
    });
    if (!scheduled) throw await lostTo(c, secret);
    return respondScheduled(c, receiptId, eraseAt);
  }
  const rejoin = policy.rejoinBlockMs > 0
    ? { identifiers: identifiersOf(c, session.member), until: now + policy.rejoinBlockMs }
    : null;
  const receipt = await erase(db, catalogue, {
    by: "session",
    secretHash: secretHash(secret),
    decision,
  }, { now, receiptId, backupDays: policy.backupDays, recipients, rejoin, reason });
  if (!receipt) throw await lostTo(c, secret);
  await db.truncateLog();
  return await respondErased(c, receipt);
}

/** Why a claim did not hold: the session is over, a withdrawal is pending, or the facts have changed. */
async function lostTo(c: Context<Env>, secret: string): Promise<AppError> {
  requireMember(c, await findSession(c.var.services.db, secret, c.var.now));
  return new AppError("conflict");
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
