import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { askLink } from "../actions/ask_link.ts";
import { previewByLink } from "../actions/preview_withdrawal.ts";
import { withdrawByLink } from "../actions/withdraw.ts";
import { newId } from "../crypto/tokens.ts";
import { body } from "../http/body.ts";
import type { Env } from "../http/env.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import type { Refusal } from "../pages/form.tsx";
import { LeavePage, LeavingPage, LinkPage } from "../pages/link.tsx";
import { Preview } from "../pages/withdrawal.tsx";
import { addressee, askedIn } from "./fields.ts";
import { left, repeatable } from "./left.ts";
import { farewell } from "./recovery.tsx";
import { leavingJson, leavingOf } from "./terms.ts";

const dayMs = 24 * 60 * 60_000;

function entry(c: Context<Env>, refusal?: Refusal) {
  const { mail, withdrawal } = c.var.services.config;
  const graceDays = withdrawal.graceMs / dayMs;
  const shown = { graceDays, mail: mail !== null, notice: noticeOf(c), refusal };
  return <LeavePage t={c.var.messages} {...shown} />;
}

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
    const token = c.req.param("token");
    const found = await previewByLink(c.var.services, token, c.var.now);
    const { name, eraseAt } = found.link;
    const leaving = leavingOf(c, { ...found, eraseAt });
    if (!wantsPage(c)) {
      const erase_at = eraseAt === null ? null : new Date(eraseAt).toISOString();
      return c.json({ ...leavingJson(leaving, c.var.language), ...(erase_at && { erase_at }) });
    }
    const t = c.var.messages;
    if (eraseAt !== null) return page(c, <LeavingPage t={t} eraseAt={eraseAt} />);
    const texts = { title: t.page.withdrawal, why: t.link.leaveUse, button: t.page.withdraw };
    return page(
      c,
      <LinkPage t={t} {...texts} action={`/leave/${token}`} account={{ name }} once={newId()}>
        {leaving.blocked && <p class="notice" role="status">{leaving.blocked.reason}</p>}
        <Preview t={t} leaving={leaving} />
      </LinkPage>,
    );
  })
  .post("/leave/:token", repeatable, body(farewell), async (c) => {
    const form = c.req.valid("json");
    const token = c.req.param("token");
    return await left(c, await withdrawByLink(c.var.services, token, form, c.var.now));
  });
