import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { findRecovery, recover } from "../actions/recover.ts";
import { withdrawByLink } from "../actions/withdraw.ts";
import { newId } from "../crypto/tokens.ts";
import { reasons } from "../domain/withdrawal.ts";
import { body } from "../http/body.ts";
import { clientOf } from "../http/client.ts";
import type { Env } from "../http/env.ts";
import { wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import type { Refusal } from "../pages/form.tsx";
import { RecoveryPage } from "../pages/recovery.tsx";
import { once, optional, password } from "./fields.ts";
import { left, repeatable } from "./left.ts";

export const newPassword = z.object({ password });
export const farewell = z.object({ reason: optional(z.enum(reasons)), once });

function entry(c: Context<Env>, refusal?: Refusal, eraseAt: number | null = null) {
  const { minLength } = c.var.services.config.password;
  const token = c.req.param("token")!;
  return (
    <RecoveryPage {...{ t: c.var.messages, token, minLength, refusal, eraseAt, once: newId() }} />
  );
}

const again = form((c, refusal) => entry(c, refusal));

/** What a recovery link opens: a new password, or the way out. A GET of the link changes nothing. */
export default new Hono<Env>()
  .get("/recovery/:token", async (c) => {
    const { eraseAt } = await findRecovery(c.var.services, c.req.param("token"), c.var.now);
    if (wantsPage(c)) return page(c, entry(c, undefined, eraseAt));
    const erase_at = eraseAt === null ? null : new Date(eraseAt).toISOString();
    return c.json({ method: "POST", fields: ["password"], ...(erase_at && { erase_at }) });
  })
  .post("/recovery/:token", again, body(newPassword), async (c) => {
    const { password } = c.req.valid("json");
    const form = { password, client: clientOf(c) };
    c.set("memberId", await recover(c.var.services, c.req.param("token"), form, c.var.now));
    if (wantsPage(c)) return c.redirect("/login?done=passwordChanged", 303);
    return c.json({ message: c.var.messages.done.passwordChanged });
  })
  .post("/recovery/:token/withdrawal", repeatable, again, body(farewell), async (c) => {
    const form = c.req.valid("json");
    return await left(
      c,
      await withdrawByLink(c.var.services, c.req.param("token"), form, c.var.now),
    );
  });
