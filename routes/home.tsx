import { Hono } from "hono/tiny";
import type { Env } from "../context.ts";
import { findSession } from "../db/sessions.ts";
import { wantsPage } from "../middleware/language.ts";
import { page } from "../middleware/page.ts";
import { requireSession, secretOf } from "../middleware/session.ts";
import { HomePage } from "../pages/home.tsx";

export default new Hono<Env>()
  .get("/", async (c) => {
    const secret = secretOf(c);
    const session = secret && await findSession(c.var.services.db, secret, c.var.now);
    if (session) requireSession(c, session);
    else if (secret) c.var.session.deleteSession();
    const name = session ? session.member.name : null;
    if (wantsPage(c)) return page(c, <HomePage t={c.var.messages} name={name} />);
    return c.json({ member: name === null ? null : { user_id: name } });
  });
