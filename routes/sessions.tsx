import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { endOtherSessions, endSession } from "../actions/end_session.ts";
import { listSessions } from "../actions/list_sessions.ts";
import type { Env } from "../http/env.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { endCookie, noteSession, requireSecret } from "../http/session.ts";
import { SessionsPage } from "../pages/userinfo.tsx";

/** Lists and ends the member's sessions. */
export default new Hono<Env>()
  .get("/userinfo/sessions", async (c) => {
    const found = await listSessions(c.var.services, requireSecret(c), c.var.now);
    const { session, sessions } = found;
    noteSession(c, session);
    if (wantsPage(c)) {
      const t = c.var.messages;
      return page(c, <SessionsPage t={t} sessions={sessions} notice={noticeOf(c)} />);
    }
    return c.json({
      sessions: sessions.map(({ id, createdAt, lastUsedAt, expiresAt, userAgent, current }) => ({
        id,
        created_at: new Date(createdAt).toISOString(),
        last_used_at: new Date(lastUsedAt).toISOString(),
        expires_at: new Date(expiresAt).toISOString(),
        user_agent: userAgent,
        current,
      })),
    });
  })
  .delete("/userinfo/sessions", endOthers)
  .post("/userinfo/sessions", endOthers)
  .delete("/userinfo/sessions/:id", (c) => end(c, c.req.param("id")))
  .post("/userinfo/sessions/:id", (c) => end(c, c.req.param("id")));

async function endOthers(c: Context<Env>) {
  noteSession(c, await endOtherSessions(c.var.services, requireSecret(c), c.var.now));
  if (wantsPage(c)) return c.redirect("/userinfo/sessions?done=othersEnded", 303);
  return c.json({ message: c.var.messages.done.othersEnded });
}

/** Ends one session. POST does the same as DELETE, because forms cannot send DELETE. */
async function end(c: Context<Env>, id: string) {
  const ended = await endSession(c.var.services, requireSecret(c), id, c.var.now);
  if (ended.session) noteSession(c, ended.session);
  if (ended.own) endCookie(c);
  if (wantsPage(c)) {
    const here = "/userinfo/sessions?done=sessionEnded";
    return c.redirect(ended.own ? "/?done=signedOut" : here, 303);
  }
  return c.json({ message: c.var.messages.done.sessionEnded });
}
