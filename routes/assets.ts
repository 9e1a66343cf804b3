import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { Env } from "../http/env.ts";
import { enhancements, icon, stylesheet } from "../pages/stylesheet.ts";

/** The stylesheet, the script and the icon. Their paths change with their content, so caches keep them. */
export default new Hono<Env>()
  .get(stylesheet.path, (c) => serve(c, stylesheet.css, "text/css"))
  .get(enhancements.path, (c) => serve(c, enhancements.script, "text/javascript"))
  .get(icon.path, (c) => serve(c, icon.svg, "image/svg+xml"));

function serve(c: Context<Env>, text: string, type: string): Response {
  c.header("Cache-Control", "public, max-age=31536000, immutable");
  return c.body(text, 200, { "Content-Type": `${type}; charset=utf-8` });
}
