import { Hono } from "hono/tiny";
import { currentSession } from "../actions/record.ts";
import type { Env } from "../http/env.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { endCookie, noteSession, secretOf } from "../http/session.ts";
import { HomePage } from "../pages/home.tsx";
import { PendingPage } from "../pages/withdrawal.tsx";

/** The home page. For a pending withdrawal it shows how to cancel it. */
export default new Hono<Env>()
  .get("/", async (c) => {
    const secret = secretOf(c);
    const session = secret ? await currentSession(c.var.services, secret, c.var.now) : null;
    if (session) noteSession(c, session);
    else if (secret) endCookie(c);
    const name = session && session.member.name;
    if (wantsPage(c)) {
      const t = c.var.messages;
      const eraseAt = session && session.eraseAt;
      if (eraseAt !== null) return page(c, <PendingPage t={t} eraseAt={eraseAt} />);
      return page(c, <HomePage t={t} name={name} notice={noticeOf(c)} />);
    }
    return c.json({ member: name === null ? null : { user_id: name } });
  });
