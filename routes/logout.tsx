import { Hono } from "hono/tiny";
import { signOut } from "../actions/sign_out.ts";
import type { Env } from "../http/env.ts";
import { wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { anySecretOf, endCookie } from "../http/session.ts";
import { LogoutPage } from "../pages/entry.tsx";

/** Signs out. */
export default new Hono<Env>()
  .get("/logout", (c) => {
    if (!wantsPage(c)) return c.json({ method: "POST", fields: [] });
    return page(c, <LogoutPage t={c.var.messages} />);
  })
  .post("/logout", async (c) => {
    const secret = anySecretOf(c);
    if (secret) await signOut(c.var.services, secret);
    endCookie(c);
    c.header("Clear-Site-Data", '"cache", "storage"');
    if (wantsPage(c)) return c.redirect("/?done=signedOut", 303);
    return c.json({ message: c.var.messages.done.signedOut });
  });
