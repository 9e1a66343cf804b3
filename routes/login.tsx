import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { signIn } from "../actions/sign_in.ts";
import { nameHash } from "../crypto/identifiers.ts";
import { plainText } from "../domain/member.ts";
import { body } from "../http/body.ts";
import { clientOf } from "../http/client.ts";
import { deviceOf, rememberDevice } from "../http/device.ts";
import type { Env } from "../http/env.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { anySecretOf, startCookie } from "../http/session.ts";
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
  const mail = c.var.services.config.mail !== null;
  return <LoginPage {...{ t: c.var.messages, next, notice: noticeOf(c), refusal, mail }} />;
}

export default new Hono<Env>()
  .get("/login", (c) => {
    if (!wantsPage(c)) return c.json({ method: "POST", fields: ["user_id", "password"] });
    return page(c, entry(c));
  })
  .post("/login", form(entry), body(credentials), async (c) => {
    const { user_id, password } = c.req.valid("json");
    const { member, eraseAt } = await signInHere(c, user_id, password);
    if (wantsPage(c)) {
      const next = memberPageOf(c.var.messages, c.req.query("next")) ?? "/";
      return c.redirect(eraseAt === null ? next : "/withdrawal", 303);
    }
    return c.json({
      message: c.var.messages.done.signedIn,
      member: { user_id: member.name },
      ...(eraseAt !== null && { withdrawal: { erase_at: new Date(eraseAt).toISOString() } }),
    });
  });

/** Signs a member in with a password on the device that asks: sets the cookies, and notes it for the log. */
export async function signInHere(c: Context<Env>, name: string, password: string) {
  c.set("account", nameHash(c.var.services.config.identifierKey, name));
  const signedIn = await signIn(c.var.services, {
    name,
    password,
    client: clientOf(c),
    device: await deviceOf(c, name),
    userAgent: c.req.header("User-Agent") ?? "",
    previousSecret: anySecretOf(c),
  }, c.var.now);
  c.set("memberId", signedIn.member.id);
  startCookie(c, signedIn.session.secret);
  await rememberDevice(c, name);
  return signedIn;
}
