import * as z from "zod/mini";
import { lookOf } from "../domain/theme.ts";
import { json } from "./fields.ts";

/** The theme of the plain service: a JSON object as in `domain/theme.ts`. An app brings its own (`mod.ts`). */
export const themeField = z.optional(z.pipe(
  json(),
  z.transform((given, context) => {
    try {
      return lookOf(given as Parameters<typeof lookOf>[0]);
    } catch (error) {
      context.issues.push({ code: "custom", message: (error as Error).message, input: "" });
      return z.NEVER;
    }
  }),
));
