import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { changeConsent, listConsents } from "../actions/consents.ts";
import type { Words } from "../domain/data_map.ts";
import type { Env } from "../http/env.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { noteSession, requireSecret } from "../http/session.ts";
import { ConsentsPage } from "../pages/consents.tsx";

/** Lists, gives and revokes the member's consents. */
export default new Hono<Env>()
  .get("/userinfo/consents", async (c) => {
    const { session, consents } = await listConsents(
      c.var.services,
      requireSecret(c),
      c.var.now,
    );
    noteSession(c, session);
    if (wantsPage(c)) {
      return page(c, <ConsentsPage t={c.var.messages} consents={consents} notice={noticeOf(c)} />);
    }
    const instant = (ms: number | null | undefined) => ms ? new Date(ms).toISOString() : null;
    return c.json({
      consents: consents.map(({ name, version, label, url, required, agreed, given }) => ({
        name,
        version,
        label: label[c.var.language as keyof Words],
        url,
        required,
        agreed,
        agreed_version: given?.version ?? null,
        agreed_at: instant(given?.agreedAt),
        revoked_at: instant(given?.revokedAt),
      })),
    });
  })
  .post("/userinfo/consents/:id", (c) => change(c, c.req.param("id"), true))
  .delete("/userinfo/consents/:id", (c) => change(c, c.req.param("id"), false))
  .post("/userinfo/consents/:id/revocation", (c) => change(c, c.req.param("id"), false));

async function change(c: Context<Env>, name: string, agreed: boolean) {
  const { services, now, messages } = c.var;
  noteSession(c, await changeConsent(services, requireSecret(c), name, agreed, now));
  const done = agreed ? "consentGiven" : "consentRevoked";
  if (wantsPage(c)) return c.redirect(`/userinfo/consents?done=${done}`, 303);
  return c.json({ message: messages.done[done] });
}
