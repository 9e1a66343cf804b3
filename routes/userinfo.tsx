import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { changePassword } from "../actions/change_password.ts";
import { exportMember } from "../actions/export_member.ts";
import { record, recordWithCredentials } from "../actions/record.ts";
import { askEmailChange, askVerification } from "../actions/address.ts";
import { requireMail } from "../actions/link_mail.ts";
import { emailAddress } from "../domain/member.ts";
import { isFresh } from "../domain/withdrawal.ts";
import { memberBody } from "../http/body.ts";
import { clientOf } from "../http/client.ts";
import type { Env } from "../http/env.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { noteSession, requireSecret, startCookie } from "../http/session.ts";
import type { Refusal } from "../pages/form.tsx";
import { EmailPage } from "../pages/link.tsx";
import { PasswordPage, UserinfoPage } from "../pages/userinfo.tsx";
import { answerExport } from "./export.ts";
import {
  assertionResponse,
  credentialsOf,
  givenIn,
  optional,
  passkey,
  password,
} from "./fields.ts";

export const change = z.object({
  current: optional(password),
  passkey: z.optional(passkey(assertionResponse)),
  password,
}).check(z.refine(({ current, passkey }) => (current && passkey) === undefined, {
  path: ["passkey"],
  error: "unknown",
}));

async function entry(c: Context<Env>, refusal?: Refusal, name: string | null = null) {
  const { services, messages: t } = c.var;
  const credentials = await credentialsOf(c, refusal);
  const { minLength } = services.config.password;
  const hasPassword = credentials.includes("password");
  return <PasswordPage {...{ t, name, minLength, hasPassword, refusal }} />;
}

export const emailChange = z.object({ email: emailAddress });

const emailForm = form((c, refusal) => <EmailPage t={c.var.messages} refusal={refusal} />);

export default new Hono<Env>()
  .get("/userinfo", async (c) => {
    const found = await recordWithCredentials(c.var.services, requireSecret(c), c.var.now);
    noteSession(c, found.session);
    const { member } = found.session;
    if (wantsPage(c)) {
      const { mail, emailVerification, providers, consents } = c.var.services.config;
      const verifies = emailVerification !== "off";
      const hasPassword = found.credentials.includes("password");
      const hasProviders = providers.length > 0;
      const hasConsents = consents.length > 0;
      const offered = { mail: mail !== null, verifies, hasProviders, hasConsents };
      const shown = { t: c.var.messages, member, hasPassword, ...offered };
      return page(c, <UserinfoPage {...shown} notice={noticeOf(c)} />);
    }
    return c.json({
      user_id: member.name,
      email: member.email,
      rank: member.rank,
      joined_at: new Date(member.joinedAt).toISOString(),
      email_verified: member.emailVerified,
    });
  })
  .post("/userinfo/verification", async (c) => {
    const asking = { secret: requireSecret(c), client: clientOf(c) };
    c.set("memberId", await askVerification(c.var.services, asking, c.var.now));
    if (wantsPage(c)) return c.redirect("/userinfo?done=linkSent", 303);
    return c.json({ message: c.var.messages.done.linkSent }, 202);
  })
  .get("/userinfo/email", async (c) => {
    const session = await record(c.var.services, requireSecret(c), c.var.now);
    noteSession(c, session);
    requireMail(c.var.services);
    if (!wantsPage(c)) return c.json({ method: "POST", fields: ["email"] });
    if (!isFresh(session, c.var.services.config.withdrawal, c.var.now)) {
      return c.redirect("/confirmation?next=/userinfo/email", 303);
    }
    return page(c, <EmailPage t={c.var.messages} />);
  })
  .post("/userinfo/email", emailForm, memberBody(emailChange), async (c) => {
    const { email } = c.req.valid("json");
    const asking = { secret: requireSecret(c), client: clientOf(c), email };
    c.set("memberId", await askEmailChange(c.var.services, asking, c.var.now));
    if (wantsPage(c)) return c.redirect("/userinfo?done=linkSent", 303);
    return c.json({ message: c.var.messages.done.linkSent }, 202);
  })
  .get("/userinfo/export", async (c) => {
    const { session, exported } = await exportMember(c.var.services, requireSecret(c), c.var.now);
    noteSession(c, session);
    return answerExport(c, exported);
  })
  .get("/userinfo/password", async (c) => {
    const session = await record(c.var.services, requireSecret(c), c.var.now);
    noteSession(c, session);
    if (!wantsPage(c)) return c.json({ method: "POST", fields: ["current", "password"] });
    return page(c, await entry(c, undefined, session.member.name));
  })
  .post(
    "/userinfo/password",
    form((c, refusal) => entry(c, refusal)),
    memberBody(change),
    async (c) => {
      const userAgent = c.req.header("User-Agent") ?? "";
      const { current, passkey, password } = c.req.valid("json");
      const form = { password, userAgent };
      const secret = requireSecret(c);
      const given = givenIn(c, { password: current, passkey });
      const changed = await changePassword(c.var.services, secret, given, form, c.var.now);
      c.set("memberId", changed.memberId);
      startCookie(c, changed.session.secret);
      if (wantsPage(c)) return c.redirect("/userinfo?done=passwordChanged", 303);
      return c.json({ message: c.var.messages.done.passwordChanged });
    },
  );
