import { Hono } from "hono/tiny";
import type { Env } from "../http/env.ts";
import { restoreMember } from "../db/leaving/withdrawals.ts";
import { AppError } from "../domain/error.ts";
import { wantsPage } from "../http/language.ts";
import { requireSecret, requireSession } from "../http/session.ts";

export default new Hono<Env>()
  .post("/restoration", async (c) => {
    const { config, db } = c.var.services;
    const outcome = await restoreMember(db, requireSecret(c), config.recipients, c.var.now);
    requireSession(c, outcome.session);
    if (!outcome.restored) throw new AppError("conflict", { sentence: "nothing_pending" });
    if (wantsPage(c)) return c.redirect("/userinfo?done=restored", 303);
    return c.json({ message: c.var.messages.done.restored });
  });
