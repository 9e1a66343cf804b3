import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { confirm } from "../actions/confirm.ts";
import { optionsToConfirm } from "../actions/passkey_options.ts";
import type { Given } from "../actions/prove.ts";
import { record } from "../actions/record.ts";
import { memberBody } from "../http/body.ts";
import type { Env } from "../http/env.ts";
import { wantsPage } from "../http/language.ts";
import { relyingPartyOf } from "../http/origin.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { noteSession, requireSecret, startCookie } from "../http/session.ts";
import { ConfirmationPage, memberPageOf } from "../pages/entry.tsx";
import type { Refusal } from "../pages/form.tsx";
import { credentialsOf, password } from "./fields.ts";
import { withPasskey } from "./login.tsx";
import { buttonsAmong } from "../providers/buttons.ts";

export const proof = z.object({ password });

async function entry(c: Context<Env>, refusal?: Refusal) {
  const { messages: t } = c.var;
  const next = memberPageOf(t, c.req.query("next"));
  const credentials = await credentialsOf(c, refusal);
  const hasPassword = credentials.includes("password");
  const hasPasskey = credentials.includes("passkey");
  const providers = buttonsAmong(c.var.services.config.providers, credentials);
  return <ConfirmationPage {...{ t, next, hasPassword, hasPasskey, providers, refusal }} />;
}

/** Makes the session fresh, with the password or a passkey. */
export default new Hono<Env>()
  .get("/confirmation", async (c) => {
    if (wantsPage(c)) return page(c, await entry(c));
    noteSession(c, await record(c.var.services, requireSecret(c), c.var.now));
    return c.json({ method: "POST", fields: ["password"] });
  })
  .post("/confirmation", form(entry), memberBody(proof), async (c) => {
    return await answer(c, c.req.valid("json"));
  })
  .post("/confirmation/passkey/options", async (c) =>
    c.json(
      await optionsToConfirm(c.var.services, relyingPartyOf(c), requireSecret(c), c.var.now),
    ))
  .post("/confirmation/passkey", form(entry), memberBody(withPasskey), async (c) => {
    const { passkey } = c.req.valid("json");
    return await answer(c, { passkey, party: relyingPartyOf(c) });
  });

/** Confirms with what the member gave. */
async function answer(c: Context<Env>, given: Given) {
  const confirmed = await confirm(c.var.services, requireSecret(c), given, c.var.now);
  c.set("memberId", confirmed.memberId);
  startCookie(c, confirmed.secret);
  if (wantsPage(c)) {
    return c.redirect(memberPageOf(c.var.messages, c.req.query("next")) ?? "/userinfo", 303);
  }
  return c.json({ message: c.var.messages.done.confirmed });
}
