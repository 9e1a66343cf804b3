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
import { form } from "../middleware/problem.tsx";
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

/** The form again, under what it will do. While the database is away, with what it had asked for. */
const again = form(async (c, refusal) => {
  const { confirm } = c.var.services.config.withdrawal;
  const leaving = refusal.code === "unavailable" ? null : (await preview(c)).leaving;
  const asked = leaving?.confirm ?? ("password" in refusal.values ? "password" : confirm);
  return <WithdrawalPage t={c.var.messages} confirm={asked} leaving={leaving} refusal={refusal} />;
});

export default new Hono<Env>()
  .get("/withdrawal", async (c) => {
    const { leaving, eraseAt } = await preview(c);
    if (!wantsPage(c)) {
      const erase_at = eraseAt === null ? null : new Date(eraseAt).toISOString();
      return c.json({ ...leavingJson(leaving, c.var.language), ...(erase_at && { erase_at }) });
    }
    const { messages: t } = c.var;
    return eraseAt === null
      ? c.html(<WithdrawalPage t={t} confirm={leaving.confirm} leaving={leaving} />)
      : c.html(<PendingPage t={t} eraseAt={eraseAt} />);
  })
  .delete("/withdrawal", body(confirmation), (c) => withdraw(c, c.req.valid("json")))
  .post("/withdrawal", again, body(confirmation), (c) => withdraw(c, c.req.valid("json")));

/** What leaving would do now, and when a pending withdrawal will be carried out. */
async function preview(c: Context<Env>): Promise<{ leaving: Leaving; eraseAt: number | null }> {
  const { config, db, catalogue } = c.var.services;
  const { now } = c.var;
  const found = await previewWithdrawal(db, catalogue, requireSecret(c), now);
  const session = requireSession(c, found.session);
  const confirm = askedFor(session, config.withdrawal, now);
  const leaving = { confirm, ...termsOf(config), ...linesOf(found.lines) };
  return { leaving, eraseAt: session.eraseAt };
}

/** Leaves: at once, or when the grace period is over. Forms cannot send DELETE, so POST does the same. */
async function withdraw(c: Context<Env>, form: WithdrawalForm) {
  const decided = await decide(c, form).catch((error) => unavailable(error, null));
  const receiptId = newId();
  return await apply(c, form, decided, receiptId).catch((error) => unavailable(error, receiptId));
}

/**
 * What a withdrawal says when the database is away. When only its answer was lost, the number leads to
 * the receipt if the withdrawal was carried out, and to nothing if it was not.
 */
function unavailable(error: unknown, receiptId: string | null): never {
  if (!(error instanceof AppError) || error.code !== "unavailable") throw error;
  const { details } = error;
  throw details.answerLost && receiptId
    ? new AppError("unavailable", { ...details, sentence: "answer_lost", receiptId })
    : new AppError("unavailable", { ...details, sentence: "withdrawal_unavailable" });
}

/** Loads and decides: throws what `decideWithdrawal` throws, `unauthenticated` and `throttled`. */
async function decide(c: Context<Env>, form: WithdrawalForm) {
  const { config, db, passwords } = c.var.services;
  const { now } = c.var;
  const policy = config.withdrawal;
  const secret = requireSecret(c);
  const account = c.var.session.get("account")!;
  const attempt = passwordAttempt(account, clientOf(c), config.throttleScale);

  const found = form.password === undefined
    ? await findSession(db, secret, now)
    : await findSessionCounting(db, secret, attempt, now);
  const session = requireMember(c, found);
  const decision = decideWithdrawal(session, form, policy, now, null);
  if (form.password === undefined) return { secret, session, decision };

  const right = await passwords.verify(form.password, session.member.passwordHash);
  return { secret, session, decision: decideWithdrawal(session, form, policy, now, right) };
}

/** Applies in one batch, and responds. */
async function apply(
  c: Context<Env>,
  form: WithdrawalForm,
  { secret, session, decision }: Awaited<ReturnType<typeof decide>>,
  receiptId: string,
) {
  const { config, db, catalogue } = c.var.services;
  const { now } = c.var;
  const { rejoinBlockMs, backupDays } = config.withdrawal;
  const { eraseAt } = decision;
  const terms = { now, receiptId, recipients: config.recipients, reason: form.reason ?? null };
  if (eraseAt !== null) {
    const schedule = { ...terms, secret, decision: { ...decision, eraseAt } };
    const scheduled = await scheduleWithdrawal(db, catalogue, schedule);
    if (!scheduled) throw await lostTo(c, secret);
    return respondScheduled(c, receiptId, eraseAt);
  }
  const rejoin = rejoinBlockMs > 0
    ? { identifiers: identifiersOf(c, session.member), until: now + rejoinBlockMs }
    : null;
  const claimant = { by: "session", secretHash: secretHash(secret), decision } as const;
  const receipt = await erase(db, catalogue, claimant, { ...terms, backupDays, rejoin });
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
