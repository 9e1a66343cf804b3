import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { confirm } from "../actions/confirm.ts";
import { record } from "../actions/record.ts";
import { memberBody } from "../http/body.ts";
import type { Env } from "../http/env.ts";
import { wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { noteSession, requireSecret, startCookie } from "../http/session.ts";
import { ConfirmationPage, memberPageOf } from "../pages/entry.tsx";
import type { Refusal } from "../pages/form.tsx";
import { password } from "./fields.ts";

export const proof = z.object({ password });

function entry(c: Context<Env>, refusal?: Refusal, name: string | null = null) {
  const next = memberPageOf(c.var.messages, c.req.query("next"));
  return <ConfirmationPage t={c.var.messages} next={next} name={name} refusal={refusal} />;
}

/** Confirms the member's password and makes the session fresh. */
export default new Hono<Env>()
  .get("/confirmation", async (c) => {
    const session = await record(c.var.services, requireSecret(c), c.var.now);
    noteSession(c, session);
    if (!wantsPage(c)) return c.json({ method: "POST", fields: ["password"] });
    return page(c, entry(c, undefined, session.member.name));
  })
  .post("/confirmation", form((c, refusal) => entry(c, refusal)), memberBody(proof), async (c) => {
    const given = c.req.valid("json");
    const confirmed = await confirm(c.var.services, requireSecret(c), given, c.var.now);
    c.set("memberId", confirmed.memberId);
    startCookie(c, confirmed.secret);
    if (wantsPage(c)) {
      return c.redirect(memberPageOf(c.var.messages, c.req.query("next")) ?? "/userinfo", 303);
    }
    return c.json({ message: c.var.messages.done.confirmed });
  });
