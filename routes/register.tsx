import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
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
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { hrefWith, memberPageOf, RegisterPage } from "../pages/entry.tsx";
import type { Refusal } from "../pages/form.tsx";
import { acceptTutorialNames, consentsIn, consentsOf, once, password } from "./fields.ts";
import { signInHere } from "./login.tsx";

export const registration = acceptTutorialNames(
  z.object({
    user_id: loginName,
    email: emailAddress,
    password,
    once,
    consents: z.optional(z.array(z.string())),
  }).check(
    z.refine(({ user_id, email }) => !isForeignAddress(user_id, email), {
      path: ["user_id"],
      error: "foreign_address",
    }),
  ),
);

/** The problems of the password and of the consents, where another field is refused already. */
function further(
  given: Record<string, unknown>,
  c: Context<Env>,
): Record<string, FieldProblem> {
  const { config } = c.var.services;
  const { password, user_id = "", email = "" } = given;
  const context = { name: String(user_id), email: String(email), service: [] };
  const weak = typeof password === "string" && password !== ""
    ? passwordProblem(password, context, config.password.minLength)
    : null;
  return {
    ...(weak && { password: weak }),
    ...(lacksConsent(config.consents, consentsIn(given)) && { consents: "required" as const }),
  };
}

function entry(c: Context<Env>, refusal?: Refusal) {
  const { minLength } = c.var.services.config.password;
  const t = c.var.messages;
  const next = memberPageOf(t, c.req.query("next"));
  const { consents } = c.var.services.config;
  return <RegisterPage {...{ t, next, consents, minLength, refusal, once: newId() }} />;
}

export default new Hono<Env>()
  .get("/register", (c) => {
    if (!wantsPage(c)) return c.json({ method: "POST", fields: ["user_id", "email", "password"] });
    return page(c, entry(c));
  })
  .post("/register", form(entry), body(registration, further), async (c) => {
    const { user_id: name, ...rest } = c.req.valid("json");
    const form = {
      name,
      ...rest,
      consents: await consentsOf(c),
      language: c.get("language"),
      client: clientOf(c),
    };
    await register(c.var.services, form, c.var.now);
    if (wantsPage(c)) return await arrive(c, name, rest.password);
    return c.json({ message: c.var.messages.done.registered }, 201);
  });

/** Signs the new member in, unless the address has to be verified first, and shows what they came for. */
async function arrive(c: Context<Env>, name: string, password: string) {
  const { emailVerification } = c.var.services.config;
  const next = memberPageOf(c.var.messages, c.req.query("next"));
  const done = emailVerification === "off" ? "registered" : "joined";
  const atSignIn = `${hrefWith("/login", next)}${next ? "&" : "?"}done=${done}`;
  if (emailVerification === "required") return c.redirect(atSignIn, 303);
  const session = await signInHere(c, name, password).catch((error) => {
    if (error instanceof AppError) return null; // they have joined all the same
    throw error;
  });
  if (!session) return c.redirect(atSignIn, 303);
  return c.redirect(`${next ?? "/"}?done=${done === "joined" ? done : "signedUp"}`, 303);
}
