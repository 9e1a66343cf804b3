import type { Context, Hono, Schema, TypedResponse } from "hono";
import type { Endpoint, ExtractSchema } from "hono/types";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Env } from "./env.ts";

type Page = Response & TypedResponse<string, 200, "html">;

/** Answers HTML with a type. The type of `c.html` would hide the type of the JSON of the same route. */
export function page(c: Context, html: string | Promise<string>): Page | Promise<Page> {
  return c.html(html) as Page | Promise<Page>;
}

/**
 * The type of an app for a client of its JSON: without HTML answers, without redirects, and without the
 * assets, whose paths have no literal type.
 */
export type WithoutPages<App> = Readable<ExtractSchema<App>> extends infer S extends Schema
  ? Hono<Env, S>
  : never;

type Readable<Paths> = {
  [P in keyof Paths as string extends P ? never : P]: {
    [M in keyof Paths[P] as Paths[P][M] extends { outputFormat: "redirect" } ? never : M]: Named<
      Exclude<Paths[P][M], { outputFormat: "html" | "redirect" }>
    >;
  };
};

/** Narrows the status of a handler that names none from "any status" to 200. */
type Named<E> = E extends Endpoint
  ? ContentfulStatusCode extends E["status"] ? Omit<E, "status"> & { status: 200 } : E
  : never;
