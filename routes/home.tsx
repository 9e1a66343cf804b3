import { Hono } from "hono";
import type { Env } from "../context.ts";
import { findSession } from "../db/sessions.ts";
import { noticeOf, wantsPage } from "../middleware/language.ts";
import { requireSession, secretOf } from "../middleware/session.ts";
import { HomePage } from "../pages/home.tsx";

export default new Hono<Env>()
  .get("/", async (c) => {
    const secret = secretOf(c);
    const session = secret && await findSession(c.var.services.db, secret, c.var.now);
    if (session) requireSession(c, session);
    else if (secret) c.var.session.deleteSession();
    const name = session ? session.member.name : null;
    if (wantsPage(c)) {
      const member = session ? { name: session.member.name, eraseAt: session.eraseAt } : null;
      return c.html(<HomePage t={c.var.messages} member={member} notice={noticeOf(c)} />);
    }
    return c.json({ member: name === null ? null : { user_id: name } });
  });
