import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import type { Env } from "../http/env.ts";
import { findCredentials } from "../db/identity/members.ts";
import { openSession } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { plainText } from "../domain/member.ts";
import { passwordAttempt } from "../domain/throttle.ts";
import { body } from "../http/body.ts";
import { accountOf, clientOf } from "../http/client.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { anySecretOf, newSession, startCookie } from "../http/session.ts";
import { LoginPage, memberPageOf } from "../pages/entry.tsx";
import type { Refusal } from "../pages/form.tsx";
import { acceptTutorialNames, password, shortText } from "./fields.ts";

export const name = z.pipe(
  z.pipe(plainText, z.transform((text) => text.trim())),
  shortText(254).check(z.refine((text) => text !== "", { error: "required" })),
);

export const credentials = acceptTutorialNames(z.object({ user_id: name, password }));

function entry(c: Context<Env>, refusal?: Refusal) {
  const next = memberPageOf(c.var.messages, c.req.query("next"));
  return <LoginPage {...{ t: c.var.messages, next, notice: noticeOf(c), refusal }} />;
}

export default new Hono<Env>()
  .get("/login", (c) => {
    if (!wantsPage(c)) return c.json({ method: "POST", fields: ["user_id", "password"] });
    return page(c, entry(c));
  })
  .post("/login", form(entry), body(credentials), async (c) => {
    const { config, db, passwords } = c.var.services;
    const { user_id, password } = c.req.valid("json");
    const account = accountOf(c, user_id);
    const client = clientOf(c);
    const attempt = passwordAttempt(account, client, config.throttleScale);

    const found = await findCredentials(db, user_id, attempt, c.var.now);
    const right = await passwords.verify(password, found?.passwordHash ?? null);
    if (!found || !right) throw new AppError("invalid_credentials");

    const weak = passwords.isWeak(found.passwordHash);
    const session = newSession(c);
    const opened = await openSession(db, {
      session,
      userId: found.userId,
      verifiedHash: found.passwordHash,
      strongerHash: weak ? await passwords.hash(password) : null,
      previousSecret: anySecretOf(c),
      attempt,
      account,
      client,
    });
    if (!opened) throw new AppError("invalid_credentials");

    c.set("memberId", found.userId);
    startCookie(c, session, account);
    if (wantsPage(c)) {
      const next = memberPageOf(c.var.messages, c.req.query("next")) ?? "/";
      return c.redirect(opened.eraseAt === null ? next : "/withdrawal", 303);
    }
    return c.json({
      message: c.var.messages.done.signedIn,
      member: { user_id: found.name },
      ...(opened.eraseAt !== null && {
        withdrawal: { erase_at: new Date(opened.eraseAt).toISOString() },
      }),
    });
  });
