import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { register } from "../actions/register.ts";
import { newId } from "../crypto/tokens.ts";
import { emailAddress, isForeignAddress, loginName } from "../domain/member.ts";
import type { FieldProblem } from "../domain/error.ts";
import { passwordProblem } from "../domain/password.ts";
import { body } from "../http/body.ts";
import { clientOf } from "../http/client.ts";
import type { Env } from "../http/env.ts";
import { wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { memberPageOf, RegisterPage } from "../pages/entry.tsx";
import type { Refusal } from "../pages/form.tsx";
import { acceptTutorialNames, once, password } from "./fields.ts";

export const registration = acceptTutorialNames(
  z.object({ user_id: loginName, email: emailAddress, password, once }).check(
    z.refine(({ user_id, email }) => !isForeignAddress(user_id, email), {
      path: ["user_id"],
      error: "foreign_address",
    }),
  ),
);

/** The problem of a password, where another field is refused already. */
function weakPassword(
  { password, user_id = "", email = "" }: Record<string, unknown>,
  c: Context<Env>,
): Record<string, FieldProblem> {
  if (typeof password !== "string" || password === "") return {};
  const context = { name: String(user_id), email: String(email), service: [] };
  const problem = passwordProblem(password, context, c.var.services.config.password.minLength);
  return problem ? { password: problem } : {};
}

function entry(c: Context<Env>, refusal?: Refusal) {
  const { minLength } = c.var.services.config.password;
  const t = c.var.messages;
  const next = memberPageOf(t, c.req.query("next"));
  return <RegisterPage {...{ t, next, minLength, refusal, once: newId() }} />;
}

export default new Hono<Env>()
  .get("/register", (c) => {
    if (!wantsPage(c)) return c.json({ method: "POST", fields: ["user_id", "email", "password"] });
    return page(c, entry(c));
  })
  .post("/register", form(entry), body(registration, weakPassword), async (c) => {
    const { user_id: name, ...rest } = c.req.valid("json");
    const registration = { name, ...rest, language: c.get("language"), client: clientOf(c) };
    await register(c.var.services, registration, c.var.now);
    if (wantsPage(c)) {
      const done = c.var.services.config.emailVerification === "off" ? "registered" : "joined";
      return c.redirect(`/login?done=${done}`, 303);
    }
    return c.json({ message: c.var.messages.done.registered }, 201);
  });
