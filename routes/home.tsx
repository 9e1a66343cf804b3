import { Hono } from "hono/tiny";
import type { Env } from "../http/env.ts";
import { findSession } from "../db/session/sessions.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { requireSession, secretOf } from "../http/session.ts";
import { HomePage } from "../pages/home.tsx";
import { PendingPage } from "../pages/withdrawal.tsx";

export default new Hono<Env>()
  .get("/", async (c) => {
    const secret = secretOf(c);
    const session = secret && await findSession(c.var.services.db, secret, c.var.now);
    if (session) requireSession(c, session);
    else if (secret) c.var.session.deleteSession();
    const name = session ? session.member.name : null;
    if (wantsPage(c)) {
      const t = c.var.messages;
      const { eraseAt } = session || { eraseAt: null };
      if (eraseAt !== null) return page(c, <PendingPage t={t} eraseAt={eraseAt} />);
      return page(c, <HomePage t={t} name={name} notice={noticeOf(c)} />);
    }
    return c.json({ member: name === null ? null : { user_id: name } });
  });
