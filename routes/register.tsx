import { Hono } from "hono";
import * as z from "zod/mini";
import type { Env } from "../context.ts";
import { addMember, isFree } from "../db/members.ts";
import { AppError } from "../domain/error.ts";
import { newId } from "../domain/identifier.ts";
import { emailAddress, loginName } from "../domain/member.ts";
import { passwordProblem } from "../domain/password.ts";
import { registrationAttempt } from "../domain/throttle.ts";
import { body } from "../middleware/body.ts";
import { clientOf, identifiersOf } from "../middleware/client.ts";
import { wantsPage } from "../middleware/language.ts";
import { form } from "../middleware/problem.tsx";
import { RegisterPage } from "../pages/entry.tsx";
import { password } from "./fields.ts";

const registration = z.object({ user_id: loginName, email: emailAddress, password });

const again = form((c, refusal) => (
  <RegisterPage
    t={c.var.messages}
    minLength={c.var.services.config.password.minLength}
    refusal={refusal}
  />
));

export default new Hono<Env>()
  .get("/register", (c) => {
    const { minLength } = c.var.services.config.password;
    if (!wantsPage(c)) return c.json({ method: "POST", fields: ["user_id", "email", "password"] });
    return c.html(<RegisterPage t={c.var.messages} minLength={minLength} />);
  })
  .post("/register", again, body(registration), async (c) => {
    const { config, db, passwords } = c.var.services;
    const { user_id: name, email, password } = c.req.valid("json");
    const problem = passwordProblem(password, { name, email }, config.password.minLength);
    if (problem) throw new AppError("invalid", { fields: { password: problem } });

    const attempt = registrationAttempt(clientOf(c), config.throttleScale);
    const blocks = identifiersOf(c, { name, email });
    const free = await isFree(db, { name, email, blocks }, attempt, c.var.now);
    if (!free) throw new AppError("conflict", { sentence: "taken" });

    const passwordHash = await passwords.hash(password);
    const member = { id: newId(), name, email, passwordHash, joinedAt: c.var.now };
    const joined = await addMember(db, member, blocks);
    if (!joined) throw new AppError("conflict", { sentence: "taken" });

    if (wantsPage(c)) return c.redirect("/login?done=registered", 303);
    return c.json({ message: c.var.messages.done.registered }, 201);
  });
