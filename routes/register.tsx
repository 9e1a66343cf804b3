import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { optionsToRegister } from "../actions/passkey_options.ts";
import { register } from "../actions/register.ts";
import { newId } from "../crypto/tokens.ts";
import { emailAddress, isForeignAddress, loginName } from "../domain/member.ts";
import { body } from "../http/body.ts";
import { clientOf } from "../http/client.ts";
import type { Env } from "../http/env.ts";
import { wantsPage } from "../http/language.ts";
import { relyingPartyOf } from "../http/origin.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { RegisterPage } from "../pages/entry.tsx";
import type { Refusal } from "../pages/form.tsx";
import {
  acceptTutorialNames,
  once,
  oneProof,
  passkey,
  password,
  registrationResponse,
} from "./fields.ts";
import { buttonOf } from "../providers/buttons.ts";

const names = { user_id: loginName, email: emailAddress };
const ownAddress = z.refine<{ user_id: string; email: string }>(
  ({ user_id, email }) => !isForeignAddress(user_id, email),
  { path: ["user_id"], error: "foreign_address" },
);

/** With a password or a passkey. */
export const registration = acceptTutorialNames(
  z.object({
    ...names,
    password: z.optional(password),
    passkey: z.optional(passkey(registrationResponse)),
    once,
  }).check(
    ownAddress,
    oneProof,
    z.refine(({ password, passkey }) => (password ?? passkey) !== undefined, {
      path: ["password"],
      error: "required",
      when: ({ value }) => Object(value) === value, // also if another field is wrong
    }),
  ),
);

export const wanted = z.object(names).check(ownAddress);

function entry(c: Context<Env>, refusal?: Refusal) {
  const { password, providers } = c.var.services.config;
  const shown = { minLength: password.minLength, providers: providers.map(buttonOf) };
  return <RegisterPage t={c.var.messages} {...shown} refusal={refusal} once={newId()} />;
}

export default new Hono<Env>()
  .get("/register", (c) => {
    if (!wantsPage(c)) return c.json({ method: "POST", fields: ["user_id", "email", "password"] });
    return page(c, entry(c));
  })
  .post("/register", form(entry), body(registration), async (c) => {
    const { user_id: name, email, password, passkey, once } = c.req.valid("json");
    const userAgent = c.req.header("User-Agent") ?? "";
    const credential = passkey
      ? { passkey, party: relyingPartyOf(c), userAgent }
      : { password: password! };
    const from = { language: c.get("language"), client: clientOf(c) };
    await register(c.var.services, { name, email, credential, ...from, once }, c.var.now);
    if (wantsPage(c)) {
      const done = c.var.services.config.emailVerification === "off" ? "registered" : "joined";
      return c.redirect(`/login?done=${done}`, 303);
    }
    return c.json({ message: c.var.messages.done.registered }, 201);
  })
  .post("/register/passkey/options", body(wanted), async (c) => {
    const { user_id: name, email } = c.req.valid("json");
    const asked = { name, email, client: clientOf(c) };
    return c.json(
      await optionsToRegister(c.var.services, relyingPartyOf(c), asked, c.var.now),
    );
  });
