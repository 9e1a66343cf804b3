import { Hono } from "hono/tiny";
import { findUndo, findVerification, undo, verify } from "../actions/address.ts";
import type { Env } from "../http/env.ts";
import { wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { secretOf } from "../http/session.ts";
import { LinkPage } from "../pages/link.tsx";

/** The links that verify, change and restore an e-mail address. A GET changes nothing. */
export default new Hono<Env>()
  .get("/verification/:token", async (c) => {
    const token = c.req.param("token");
    const link = await findVerification(c.var.services, token, c.var.now);
    if (!wantsPage(c)) return c.json({ method: "POST", fields: [] as string[] });
    const t = c.var.messages;
    const texts = link.purpose === "email"
      ? { title: t.link.email, why: t.link.emailUse, button: t.link.changeEmail }
      : { title: t.link.verification, why: t.link.verificationWhy, button: t.link.verify };
    const action = `/verification/${token}`;
    return page(c, <LinkPage t={t} {...texts} action={action} account={link} />);
  })
  .post("/verification/:token", async (c) => {
    const link = await verify(c.var.services, c.req.param("token"), c.var.now);
    c.set("memberId", link.memberId);
    const done = link.purpose === "email" ? "emailChanged" : "verified";
    if (wantsPage(c)) {
      return c.redirect(`${secretOf(c) ? "/userinfo" : "/login"}?done=${done}`, 303);
    }
    return c.json({ message: c.var.messages.done[done] });
  })
  .get("/undo/:token", async (c) => {
    const token = c.req.param("token");
    const link = await findUndo(c.var.services, token, c.var.now);
    if (!wantsPage(c)) return c.json({ method: "POST", fields: [] as string[] });
    const t = c.var.messages;
    const texts = { title: t.link.emailUndo, why: t.link.emailUndoWhy, button: t.link.undoEmail };
    return page(c, <LinkPage t={t} {...texts} action={`/undo/${token}`} account={link} />);
  })
  .post("/undo/:token", async (c) => {
    const link = await undo(c.var.services, c.req.param("token"), secretOf(c), c.var.now);
    c.set("memberId", link.memberId);
    if (wantsPage(c)) return c.redirect("/recovery?done=emailRestored", 303);
    return c.json({ message: c.var.messages.done.emailRestored });
  });
