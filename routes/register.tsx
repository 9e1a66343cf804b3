import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import type { Env } from "../http/env.ts";
import { addMember, isFree } from "../db/identity/members.ts";
import { serviceNames } from "../actions/services.ts";
import { AppError } from "../domain/error.ts";
import { newId } from "../crypto/tokens.ts";
import { emailAddress, isForeignAddress, loginName } from "../domain/member.ts";
import { passwordProblem } from "../domain/password.ts";
import { identifiersOf } from "../crypto/identifiers.ts";
import { registrationAttempt } from "../domain/throttle.ts";
import { body } from "../http/body.ts";
import { clientOf } from "../http/client.ts";
import { wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { RegisterPage } from "../pages/entry.tsx";
import type { Refusal } from "../pages/form.tsx";
import { acceptTutorialNames, password } from "./fields.ts";

export const registration = acceptTutorialNames(
  z.object({ user_id: loginName, email: emailAddress, password }).check(
    z.refine(({ user_id, email }) => !isForeignAddress(user_id, email), {
      path: ["user_id"],
      error: "foreign_address",
    }),
  ),
);

function entry(c: Context<Env>, refusal?: Refusal) {
  const { minLength } = c.var.services.config.password;
  return <RegisterPage t={c.var.messages} minLength={minLength} refusal={refusal} />;
}

export default new Hono<Env>()
  .get("/register", (c) => {
    if (!wantsPage(c)) return c.json({ method: "POST", fields: ["user_id", "email", "password"] });
    return page(c, entry(c));
  })
  .post("/register", form(entry), body(registration), async (c) => {
    const { config, db, passwords } = c.var.services;
    const { user_id: name, email, password } = c.req.valid("json");
    const problem = passwordProblem(
      password,
      { name, email, service: serviceNames(c.var.services) },
      config.password.minLength,
    );
    if (problem) throw new AppError("invalid", { fields: { password: problem } });

    const attempt = registrationAttempt(clientOf(c), config.throttleScale);
    const blocks = identifiersOf(config.identifierKey, { name, email });
    const free = await isFree(db, { name, email, blocks }, attempt, c.var.now);
    if (!free) throw new AppError("conflict", { sentence: "taken" });

    const passwordHash = await passwords.hash(password);
    const member = { id: newId(), name, email, passwordHash, joinedAt: c.var.now };
    const joined = await addMember(db, member, blocks);
    if (!joined) throw new AppError("conflict", { sentence: "taken" });

    if (wantsPage(c)) return c.redirect("/login?done=registered", 303);
    return c.json({ message: c.var.messages.done.registered }, 201);
  });
