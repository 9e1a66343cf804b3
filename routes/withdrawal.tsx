import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import type { Env } from "../http/env.ts";
import { findSession, findSessionCounting } from "../db/session/sessions.ts";
import { previewWithdrawal } from "../db/leaving/withdrawals.ts";
import { AppError } from "../domain/error.ts";
import { passwordAttempt } from "../domain/throttle.ts";
import { askedFor, decideWithdrawal, reasons, type WithdrawalForm } from "../domain/withdrawal.ts";
import { memberBody } from "../http/body.ts";
import { clientOf } from "../http/client.ts";
import { wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { requireMember, requireSecret, requireSession } from "../http/session.ts";
import { type Leaving, PendingPage, WithdrawalPage } from "../pages/withdrawal.tsx";
import { leave, unavailable } from "./leave.ts";
import { leavingJson, linesOf, termsOf } from "./terms.ts";
import { optional, password, shortText } from "./fields.ts";

export const confirmation = z.object({
  password: optional(password),
  phrase: optional(shortText(100)),
  user_id: optional(shortText(254)),
  reason: optional(z.enum(reasons)),
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
      ? page(c, <WithdrawalPage t={t} confirm={leaving.confirm} leaving={leaving} />)
      : page(c, <PendingPage t={t} eraseAt={eraseAt} />);
  })
  .delete("/withdrawal", memberBody(confirmation), (c) => withdraw(c, c.req.valid("json")))
  .post("/withdrawal", again, memberBody(confirmation), (c) => withdraw(c, c.req.valid("json")));

/** What leaving would do now, and when a pending withdrawal will be carried out. */
async function preview(c: Context<Env>): Promise<{ leaving: Leaving; eraseAt: number | null }> {
  const { config, db, inventory } = c.var.services;
  const { now } = c.var;
  const found = await previewWithdrawal(db, inventory, requireSecret(c), now);
  const session = requireSession(c, found.session);
  const confirm = askedFor(session, config.withdrawal, now);
  const leaving = { confirm, ...termsOf(config), ...linesOf(found.lines) };
  return { leaving, eraseAt: session.eraseAt };
}

/** Leaves: at once, or when the grace period is over. Forms cannot send DELETE, so POST does the same. */
async function withdraw(c: Context<Env>, form: WithdrawalForm) {
  const { secret, session, decision } = await decide(c, form).catch((error) => unavailable(error));
  const initiator = { by: "session", secret, decision } as const;
  const left = await leave(c, initiator, session.member, decision.eraseAt, form.reason);
  return left ?? await lostTo(c, secret);
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

/** Why a claim did not hold: the session is over, a withdrawal is pending, or the facts have changed. */
async function lostTo(c: Context<Env>, secret: string): Promise<never> {
  requireMember(c, await findSession(c.var.services.db, secret, c.var.now));
  throw new AppError("conflict");
}
