import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { Env } from "../http/env.ts";
import { endSession, listSessions } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { requireMember, requireSecret } from "../http/session.ts";
import { SessionsPage } from "../pages/userinfo.tsx";

export default new Hono<Env>()
  .get("/userinfo/sessions", async (c) => {
    const { db } = c.var.services;
    const { session, sessions } = await listSessions(db, requireSecret(c), c.var.now);
    requireMember(c, session);
    if (wantsPage(c)) {
      const t = c.var.messages;
      return page(c, <SessionsPage t={t} sessions={sessions} notice={noticeOf(c)} />);
    }
    return c.json({
      sessions: sessions.map(({ id, createdAt, expiresAt, userAgent, current }) => ({
        id,
        created_at: new Date(createdAt).toISOString(),
        expires_at: new Date(expiresAt).toISOString(),
        user_agent: userAgent,
        current,
      })),
    });
  })
  .delete("/userinfo/sessions/:id", (c) => end(c, c.req.param("id")))
  .post("/userinfo/sessions/:id", (c) => end(c, c.req.param("id")));

/** Ends one session; forms cannot send DELETE, so its POST twin shares everything. */
async function end(c: Context<Env>, id: string) {
  const { db } = c.var.services;
  const { session, ended } = await endSession(db, requireSecret(c), id, c.var.now);
  if (!ended) {
    requireMember(c, session);
    throw new AppError("not_found");
  }
  if (ended.own) c.var.session.deleteSession();
  if (wantsPage(c)) {
    const here = "/userinfo/sessions?done=sessionEnded";
    return c.redirect(ended.own ? "/?done=signedOut" : here, 303);
  }
  return c.json({ message: c.var.messages.done.sessionEnded });
}
