import { Hono } from "hono/tiny";
import type { Env } from "../http/env.ts";
import document from "./openapi.json" with { type: "text" };

/** What all of this is, for programs: made by `deno task openapi`. */
export default new Hono<Env>()
  .get("/openapi.json", (c) => {
    c.header("Cache-Control", "public, max-age=300");
    return c.body(document, 200, { "Content-Type": "application/json" });
  });
