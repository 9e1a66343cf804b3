import { Hono } from "hono/tiny";
import { restore } from "../actions/restore.ts";
import type { Env } from "../http/env.ts";
import { wantsPage } from "../http/language.ts";
import { noteSession, requireSecret } from "../http/session.ts";

/** Cancels a pending withdrawal. */
export default new Hono<Env>()
  .post("/restoration", async (c) => {
    noteSession(c, await restore(c.var.services, requireSecret(c), c.var.now));
    if (wantsPage(c)) return c.redirect("/userinfo?done=restored", 303);
    return c.json({ message: c.var.messages.done.restored });
  });
