import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { optionsToRegister } from "../actions/passkey_options.ts";
import { register } from "../actions/register.ts";
import { newId } from "../crypto/tokens.ts";
import { emailAddress, isForeignAddress, loginName } from "../domain/member.ts";
import { lacksConsent } from "../domain/consent.ts";
import { AppError, type FieldProblem } from "../domain/error.ts";
import { passwordProblem } from "../domain/password.ts";
import { body } from "../http/body.ts";
import { clientOf } from "../http/client.ts";
import type { Env } from "../http/env.ts";
import { wantsPage } from "../http/language.ts";
import { relyingPartyOf } from "../http/origin.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { hrefWith, memberPageOf, RegisterPage } from "../pages/entry.tsx";
import type { Refusal } from "../pages/form.tsx";
import {
  acceptTutorialNames,
  consentsIn,
  consentsOf,
  once,
  oneProof,
  passkey,
  password,
  registrationResponse,
} from "./fields.ts";
import { buttonOf } from "../providers/buttons.ts";
import { signInHere } from "./login.tsx";

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
    consents: z.optional(z.array(z.string())),
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

/** The problems of the password and of the consents, where another field is refused already. */
function further(
  given: Record<string, unknown>,
  c: Context<Env>,
): Record<string, FieldProblem> {
  const { config } = c.var.services;
  const { password, user_id, email } = given;
  const asText = (value: unknown) => typeof value === "string" ? value : "";
  const context = { name: asText(user_id), email: asText(email), service: [] };
  const weak = typeof password === "string" && password !== ""
    ? passwordProblem(password, context, config.password.minLength)
    : null;
  return {
    ...(weak && { password: weak }),
    ...(lacksConsent(config.consents, consentsIn(given)) && { consents: "required" as const }),
  };
}

export const wanted = z.object(names).check(ownAddress);

function entry(c: Context<Env>, refusal?: Refusal) {
  const { password, providers, consents } = c.var.services.config;
  const t = c.var.messages;
  const next = memberPageOf(t, c.req.query("next"));
  const shown = { minLength: password.minLength, providers: providers.map(buttonOf), consents };
  return <RegisterPage {...{ t, next, ...shown, refusal, once: newId() }} />;
}

export default new Hono<Env>()
  .get("/register", (c) => {
    if (!wantsPage(c)) return c.json({ method: "POST", fields: ["user_id", "email", "password"] });
    return page(c, entry(c));
  })
  .post("/register", form(entry), body(registration, further), async (c) => {
    const { user_id: name, email, password, passkey, once } = c.req.valid("json");
    const userAgent = c.req.header("User-Agent") ?? "";
    const credential = passkey
      ? { passkey, party: relyingPartyOf(c), userAgent }
      : { password: password! };
    const from = { language: c.get("language"), client: clientOf(c) };
    const form = { name, email, credential, ...from, once, consents: await consentsOf(c) };
    await register(c.var.services, form, c.var.now);
    if (wantsPage(c)) return await arrive(c, name, password);
    return c.json({ message: c.var.messages.done.registered }, 201);
  })
  .post("/register/passkey/options", body(wanted), async (c) => {
    const { user_id: name, email } = c.req.valid("json");
    const asked = { name, email, client: clientOf(c) };
    return c.json(
      await optionsToRegister(c.var.services, relyingPartyOf(c), asked, c.var.now),
    );
  });

/** Signs the new member in, unless the address has to be verified first, and shows what they came for. */
async function arrive(c: Context<Env>, name: string, password: string | undefined) {
  const { emailVerification } = c.var.services.config;
  const next = memberPageOf(c.var.messages, c.req.query("next"));
  const done = emailVerification === "off" ? "registered" : "joined";
  const atSignIn = `${hrefWith("/login", next)}${next ? "&" : "?"}done=${done}`;
  if (emailVerification === "required" || password === undefined) return c.redirect(atSignIn, 303);
  const isIn = await signInHere(c, name, password).then(() => true, (error) => {
    if (error instanceof AppError) return false; // they have joined all the same
    throw error;
  });
  if (!isIn) return c.redirect(atSignIn, 303);
  return c.redirect(`${next ?? "/"}?done=${done === "joined" ? done : "signedUp"}`, 303);
}
