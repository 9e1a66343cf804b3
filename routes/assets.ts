import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { AppError } from "../domain/error.ts";
import type { Env } from "../http/env.ts";
import { enhancements, icon, stylesheet } from "../pages/stylesheet.ts";

/** The path of a theme's stylesheet, which differs from service to service. */
const themePath: string = "/:theme{theme\\.[0-9a-f]{12}\\.css}";

/** The stylesheets, the script and the icon. Their paths change with their content, so caches keep them. */
export default new Hono<Env>()
  .get(stylesheet.path, (c) => serve(c, stylesheet.css, "text/css"))
  .get(enhancements.path, (c) => serve(c, enhancements.script, "text/javascript"))
  .get(themePath, (c) => {
    const { path, css } = c.var.messages.service.stylesheet;
    if (c.req.path !== path) throw new AppError("not_found");
    return serve(c, css, "text/css");
  })
  .get(icon.path, (c) => serve(c, icon.svg, "image/svg+xml"));

function serve(c: Context<Env>, text: string, type: string): Response {
  c.header("Cache-Control", "public, max-age=31536000, immutable");
  return c.body(text, 200, { "Content-Type": `${type}; charset=utf-8` });
}
