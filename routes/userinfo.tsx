import { getLogger } from "@logtape/logtape";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import type { Env } from "../http/env.ts";
import { exportMember } from "../db/map/export.ts";
import { changePassword, findSession, findSessionCounting } from "../db/session/sessions.ts";
import { serviceNames } from "../actions/services.ts";
import { AppError, causesOf } from "../domain/error.ts";
import { passwordProblem } from "../domain/password.ts";
import { passwordAttempt } from "../domain/throttle.ts";
import { memberBody } from "../http/body.ts";
import { accountOf, clientOf } from "../http/client.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import {
  newSession,
  requireMember,
  requireSecret,
  requireSession,
  startCookie,
} from "../http/session.ts";
import { PasswordPage, UserinfoPage } from "../pages/userinfo.tsx";
import { password } from "./fields.ts";

const log = getLogger(["annyeong", "export"]);

export const change = z.object({ current: password, password });

const again = form((c, refusal) => (
  <PasswordPage
    t={c.var.messages}
    minLength={c.var.services.config.password.minLength}
    refusal={refusal}
  />
));

export default new Hono<Env>()
  .get("/userinfo", async (c) => {
    const { config, db } = c.var.services;
    const { member } = requireMember(c, await findSession(db, requireSecret(c), c.var.now));
    if (wantsPage(c)) {
      const { minLength } = config.password;
      const shown = { t: c.var.messages, member, minLength, notice: noticeOf(c) };
      return page(c, <UserinfoPage {...shown} />);
    }
    return c.json({
      user_id: member.name,
      email: member.email,
      rank: member.rank,
      joined_at: new Date(member.joinedAt).toISOString(),
    });
  })
  .get("/userinfo/export", async (c) => {
    const { db, inventory } = c.var.services;
    const secret = requireSecret(c);
    const { session, text } = await exportMember(db, inventory, secret, c.var.now);
    requireSession(c, session);
    c.header("Content-Type", "application/json; charset=utf-8");
    c.header("Content-Disposition", 'attachment; filename="annyeong-export.json"');
    return c.body(bytesOf(text));
  })
  .post("/userinfo/password", again, memberBody(change), async (c) => {
    const { config, db, passwords } = c.var.services;
    const form = c.req.valid("json");
    const secret = requireSecret(c);
    const account = c.var.session.get("account")!;
    const attempt = passwordAttempt(account, clientOf(c), config.throttleScale);

    const found = await findSessionCounting(db, secret, attempt, c.var.now);
    const { member } = requireMember(c, found);
    const problem = passwordProblem(
      form.password,
      { ...member, service: serviceNames(c.var.services) },
      config.password.minLength,
    );
    if (problem) throw new AppError("invalid", { fields: { password: problem } });
    const right = await passwords.verify(form.current, member.passwordHash);
    if (!right) throw new AppError("confirmation_failed");

    const session = newSession(c);
    const changed = await changePassword(db, {
      secret,
      session,
      verifiedHash: member.passwordHash,
      newHash: await passwords.hash(form.password),
      attempt,
    });
    if (!changed) throw new AppError("unauthenticated");

    startCookie(c, session, accountOf(c, member.name));
    if (wantsPage(c)) return c.redirect("/userinfo?done=passwordChanged", 303);
    return c.json({ message: c.var.messages.done.passwordChanged });
  });

/** A stream that asks for the next part only when the reader wants it. */
function bytesOf(text: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const parts = text[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await parts.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      } catch (error) {
        log.warn("an export broke off", { causes: causesOf(error) });
        controller.error(new Error("the export broke off"));
      }
    },
    async cancel() {
      await parts.return?.();
    },
  });
}
