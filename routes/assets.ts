import { type Context, Hono } from "hono";
import type { Env } from "../context.ts";
import { type Asset, enhancements, favicon, stylesheet } from "../pages/stylesheet.ts";

export default new Hono<Env>()
  .get(stylesheet.path, (c) => serve(c, stylesheet))
  .get(enhancements.path, (c) => serve(c, enhancements))
  .get(favicon.path, (c) => serve(c, favicon));

function serve(c: Context<Env>, { text, type }: Asset): Response {
  c.header("Cache-Control", "public, max-age=31536000, immutable");
  return c.body(text, 200, { "Content-Type": type });
}
