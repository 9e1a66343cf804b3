import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { changePassword } from "../actions/change_password.ts";
import { exportMember } from "../actions/export_member.ts";
import { record } from "../actions/record.ts";
import { memberBody } from "../http/body.ts";
import type { Env } from "../http/env.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { noteSession, requireSecret, startCookie } from "../http/session.ts";
import type { Refusal } from "../pages/form.tsx";
import { PasswordPage, UserinfoPage } from "../pages/userinfo.tsx";
import { answerExport } from "./export.ts";
import { givenIn, optional, password } from "./fields.ts";

export const change = z.object({ current: optional(password), password });

function entry(c: Context<Env>, refusal?: Refusal) {
  const { minLength } = c.var.services.config.password;
  return <PasswordPage {...{ t: c.var.messages, minLength, refusal }} />;
}

export default new Hono<Env>()
  .get("/userinfo", async (c) => {
    const session = await record(c.var.services, requireSecret(c), c.var.now);
    noteSession(c, session);
    const { member } = session;
    if (wantsPage(c)) {
      const hasConsents = c.var.services.config.consents.length > 0;
      const shown = { t: c.var.messages, member, hasConsents, notice: noticeOf(c) };
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
    const { session, exported } = await exportMember(c.var.services, requireSecret(c), c.var.now);
    noteSession(c, session);
    return answerExport(c, exported);
  })
  .get("/userinfo/password", async (c) => {
    noteSession(c, await record(c.var.services, requireSecret(c), c.var.now));
    if (!wantsPage(c)) return c.json({ method: "POST", fields: ["current", "password"] });
    return page(c, entry(c));
  })
  .post("/userinfo/password", form(entry), memberBody(change), async (c) => {
    const userAgent = c.req.header("User-Agent") ?? "";
    const { current, password } = c.req.valid("json");
    const form = { password, userAgent };
    const secret = requireSecret(c);
    const changed = await changePassword(c.var.services, secret, givenIn(current), form, c.var.now);
    c.set("memberId", changed.memberId);
    startCookie(c, changed.session.secret);
    if (wantsPage(c)) return c.redirect("/userinfo?done=passwordChanged", 303);
    return c.json({ message: c.var.messages.done.passwordChanged });
  });
