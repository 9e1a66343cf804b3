import { Hono } from "hono/tiny";
import type { Env } from "../http/env.ts";

/** What receipts are verified with. */
export default new Hono<Env>()
  .get("/.well-known/jwks.json", (c) => {
    c.header("Cache-Control", "public, max-age=300");
    return c.json(c.var.services.receiptKeys.jwks);
  });
