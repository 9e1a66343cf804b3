import { Hono } from "hono/tiny";
import type { Env } from "../context.ts";
import { stylesheet } from "../pages/stylesheet.ts";

export default new Hono<Env>()
  .get(stylesheet.path, (c) => {
    c.header("Cache-Control", "public, max-age=31536000, immutable");
    return c.body(stylesheet.css, 200, { "Content-Type": "text/css; charset=utf-8" });
  });
