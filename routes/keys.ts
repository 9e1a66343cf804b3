import { Hono } from "hono/tiny";
import type { Env } from "../http/env.ts";

/** The public keys of the receipts (RFC 7517). */
export default new Hono<Env>()
  .get("/.well-known/jwks.json", (c) => {
    c.header("Cache-Control", "public, max-age=300");
    return c.json(c.var.services.receiptKeys.jwks);
  });
