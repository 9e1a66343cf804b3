import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { askLink } from "../actions/ask_link.ts";
import { requireMail } from "../actions/link_mail.ts";
import { previewByLink } from "../actions/preview_withdrawal.ts";
import { findRecovery, recover } from "../actions/recover.ts";
import { withdrawByLink } from "../actions/withdraw.ts";
import { newId } from "../crypto/tokens.ts";
import { reasons } from "../domain/withdrawal.ts";
import { body } from "../http/body.ts";
import { clientOf } from "../http/client.ts";
import type { Env } from "../http/env.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import type { Refusal } from "../pages/form.tsx";
import { AskPage } from "../pages/link.tsx";
import { RecoveryPage } from "../pages/recovery.tsx";
import { addressee, askedIn, once, optional, password } from "./fields.ts";
import { left, repeatable } from "./left.ts";
import { leavingOf } from "./terms.ts";

export const newPassword = z.object({ password });
export const farewell = z.object({ reason: optional(z.enum(reasons)), once });

/** What a link shows of its member and of leaving. Nothing of it, if the database does not answer. */
export async function linked(c: Context<Env>, refusal?: Refusal) {
  const token = c.req.param("token")!;
  const shown = { t: c.var.messages, token, refusal, once: newId() };
  if (refusal?.code === "unavailable") {
    return { ...shown, name: null, leaving: null, eraseAt: null };
  }
  const found = await previewByLink(c.var.services, token, c.var.now);
  const { name, eraseAt } = found.link;
  return { ...shown, name, leaving: leavingOf(c, { ...found, eraseAt }), eraseAt };
}

async function entry(c: Context<Env>, refusal?: Refusal) {
  const { minLength } = c.var.services.config.password;
  const isLeaving = c.req.path.endsWith("/withdrawal");
  return <RecoveryPage {...await linked(c, refusal)} {...{ minLength, isLeaving }} />;
}

const again = form(entry);

function asking(c: Context<Env>, refusal?: Refusal) {
  const t = c.var.messages;
  const shown = { title: t.page.recovery, action: "/recovery", notice: noticeOf(c), refusal };
  return <AskPage t={t} {...shown}>{!refusal && <p>{t.link.recoveryWhy}</p>}</AskPage>;
}

/**
 * Asks for a recovery link by mail, and what such a link opens: a new password, or the way out. A GET
 * changes nothing.
 */
export default new Hono<Env>()
  .get("/recovery", (c) => {
    requireMail(c.var.services);
    if (wantsPage(c)) return page(c, asking(c));
    return c.json({ method: "POST", fields: ["user_id", "email"] });
  })
  .post("/recovery", form(asking), body(addressee), async (c) => {
    await askLink(c.var.services, "recovery", askedIn(c, c.req.valid("json")), c.var.now);
    if (wantsPage(c)) return c.redirect("/recovery?done=linkAsked", 303);
    return c.json({ message: c.var.messages.done.linkAsked }, 202);
  })
  .get("/.well-known/change-password", (c) => c.redirect("/userinfo/password", 303))
  .get("/recovery/:token", async (c) => {
    if (wantsPage(c)) return page(c, await entry(c));
    const { eraseAt } = await findRecovery(c.var.services, c.req.param("token"), c.var.now);
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
