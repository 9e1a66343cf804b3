import type { Context, Hono, Schema, TypedResponse } from "hono";
import type { Endpoint, ExtractSchema } from "hono/types";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Env } from "./env.ts";

type Page = Response & TypedResponse<string, 200, "html">;

/** A page, by its type as well: what `c.html` answers has none, and would hide that of the JSON beside it. */
export function page(c: Context, html: string | Promise<string>): Page | Promise<Page> {
  return c.html(html) as Page | Promise<Page>;
}

/**
 * An app without its pages, its redirects, and its assets, whose paths have no name: what is left for a
 * program, which asks for JSON.
 */
export type WithoutPages<App> = Readable<ExtractSchema<App>> extends infer S extends Schema
  ? Hono<Env, S>
  : never;

type Readable<Paths> = {
  [P in keyof Paths as string extends P ? never : P]: {
    [M in keyof Paths[P]]: Named<Exclude<Paths[P][M], { outputFormat: "html" | "redirect" }>>;
  };
};

/** A handler that names no status answers 200; the type would say: any. */
type Named<E> = E extends Endpoint
  ? ContentfulStatusCode extends E["status"] ? Omit<E, "status"> & { status: 200 } : E
  : never;
