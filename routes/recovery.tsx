import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import type { Env } from "../http/env.ts";
import { findRecovery, recover } from "../db/session/links.ts";
import { serviceNames } from "../actions/services.ts";
import { AppError } from "../domain/error.ts";
import { passwordProblem } from "../domain/password.ts";
import { reasons } from "../domain/withdrawal.ts";
import { passwordAttempt } from "../domain/throttle.ts";
import { body } from "../http/body.ts";
import { accountOf, clientOf } from "../http/client.ts";
import { wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import type { Refusal } from "../pages/form.tsx";
import { RecoveryPage } from "../pages/recovery.tsx";
import { optional, password } from "./fields.ts";
import { leave } from "./leave.ts";

export const newPassword = z.object({ password });
export const farewell = z.object({ reason: optional(z.enum(reasons)) });

function entry(c: Context<Env>, refusal?: Refusal, eraseAt: number | null = null) {
  const { minLength } = c.var.services.config.password;
  const token = c.req.param("token")!;
  return <RecoveryPage {...{ t: c.var.messages, token, minLength, refusal, eraseAt }} />;
}

/** What an operator's link opens: a new password, or the way out. The link itself changes nothing. */
export default new Hono<Env>()
  .get("/recovery/:token", async (c) => {
    const { eraseAt } = await requireRecovery(c, c.req.param("token"));
    if (wantsPage(c)) return page(c, entry(c, undefined, eraseAt));
    const erase_at = eraseAt === null ? null : new Date(eraseAt).toISOString();
    return c.json({ method: "POST", fields: ["password"], ...(erase_at && { erase_at }) });
  })
  .post(
    "/recovery/:token",
    form((c, refusal) => entry(c, refusal)),
    body(newPassword),
    async (c) => {
      const { config, db, passwords } = c.var.services;
      const token = c.req.param("token");
      const member = await requireRecovery(c, token);
      const { password } = c.req.valid("json");
      const problem = passwordProblem(
        password,
        { ...member, service: serviceNames(c.var.services) },
        config.password.minLength,
      );
      if (problem) throw new AppError("invalid", { fields: { password: problem } });

      const attempt = passwordAttempt(
        accountOf(c, member.name),
        clientOf(c),
        config.throttleScale,
      );
      const hash = await passwords.hash(password);
      const recovered = await recover(db, token, hash, c.var.now, attempt);
      if (!recovered) throw new AppError("not_found");
      c.set("memberId", member.memberId);
      if (wantsPage(c)) return c.redirect("/login?done=passwordChanged", 303);
      return c.json({ message: c.var.messages.done.passwordChanged });
    },
  )
  .post(
    "/recovery/:token/withdrawal",
    form((c, refusal) => entry(c, refusal)),
    body(farewell),
    async (c) => {
      const { config } = c.var.services;
      const token = c.req.param("token");
      const member = await requireRecovery(c, token);
      if (member.eraseAt !== null) throw new AppError("conflict");
      const { graceMs } = config.withdrawal;
      const eraseAt = graceMs > 0 ? c.var.now + graceMs : null;
      const { reason } = c.req.valid("json");
      const left = await leave(c, { by: "recovery", token }, member, eraseAt, reason);
      if (!left) throw new AppError("not_found");
      c.set("memberId", member.memberId);
      return left;
    },
  );

/** Throws `not_found` for a link that is unknown, used or over: all the same to whoever holds it. */
async function requireRecovery(c: Context<Env>, token: string) {
  const found = await findRecovery(c.var.services.db, token, c.var.now);
  if (!found) throw new AppError("not_found");
  return found;
}
