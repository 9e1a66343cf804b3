import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { askLink } from "../actions/ask_link.ts";
import { previewByLink } from "../actions/preview_withdrawal.ts";
import { withdrawByLink } from "../actions/withdraw.ts";
import { body } from "../http/body.ts";
import type { Env } from "../http/env.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import type { Refusal } from "../pages/form.tsx";
import { LeavePage, LeavingPage } from "../pages/link.tsx";
import { LeaveLinkPage } from "../pages/recovery.tsx";
import { addressee, askedIn } from "./fields.ts";
import { left, repeatable } from "./left.ts";
import { farewell, linked } from "./recovery.tsx";
import { leavingJson, leavingOf } from "./terms.ts";

const dayMs = 24 * 60 * 60_000;

function entry(c: Context<Env>, refusal?: Refusal) {
  const { mail, withdrawal } = c.var.services.config;
  const graceDays = withdrawal.graceMs / dayMs;
  const shown = { graceDays, mail: mail !== null, notice: noticeOf(c), refusal };
  return <LeavePage t={c.var.messages} {...shown} />;
}

const again = form(async (c, refusal) => <LeaveLinkPage {...await linked(c, refusal)} />);

/**
 * Leaving without signing in, by a link that is mailed. Google Play asks for such a page (Play Console Help,
 * "Understanding Google Play's app account deletion requirements"). A GET changes nothing.
 */
export default new Hono<Env>()
  .get("/leave", (c) => {
    if (wantsPage(c)) return page(c, entry(c));
    const fields = c.var.services.config.mail === null ? [] : ["user_id", "email"];
    return c.json({ method: "POST", fields });
  })
  .post("/leave", form(entry), body(addressee), async (c) => {
    await askLink(c.var.services, "leave", askedIn(c, c.req.valid("json")), c.var.now);
    if (wantsPage(c)) return c.redirect("/leave?done=linkAsked", 303);
    return c.json({ message: c.var.messages.done.linkAsked }, 202);
  })
  .get("/leave/:token", async (c) => {
    if (!wantsPage(c)) {
      const found = await previewByLink(c.var.services, c.req.param("token"), c.var.now);
      const { eraseAt } = found.link;
      const leaving = leavingOf(c, { ...found, eraseAt });
      const erase_at = eraseAt === null ? null : new Date(eraseAt).toISOString();
      return c.json({ ...leavingJson(leaving, c.var.language), ...(erase_at && { erase_at }) });
    }
    const { eraseAt, ...shown } = await linked(c);
    if (eraseAt === null) return page(c, <LeaveLinkPage {...shown} />);
    return page(c, <LeavingPage t={c.var.messages} eraseAt={eraseAt} />);
  })
  .post("/leave/:token", repeatable, again, body(farewell), async (c) => {
    const form = c.req.valid("json");
    const token = c.req.param("token");
    return await left(c, await withdrawByLink(c.var.services, token, form, c.var.now));
  });
