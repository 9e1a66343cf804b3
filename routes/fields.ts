import * as z from "zod/mini";
import { passwordMaxLength } from "../domain/password.ts";

/** A password as it was typed: spaces count, nothing is trimmed, nothing is cut. */
export const password = z.string().check(
  z.refine((text) => text !== "", { error: "required" }),
  z.refine((text) => text.isWellFormed(), { error: "malformed" }),
  z.refine((text) => [...text.normalize("NFC")].length <= passwordMaxLength, { error: "too_long" }),
);

/** A text of at most `max` characters. */
export function shortText(max: number) {
  return z.string().check(z.refine((text) => text.length <= max, { error: "too_long" }));
}

/**
 * The token of a form that is shown: sent again, it leads to the answer of the first time. Programs may
 * send one as well, at least 128 random bits.
 */
export const once = optional(
  z.string().check(
    z.refine((text) => text.length >= 22 && text.length <= 100, { error: "malformed" }),
  ),
);

/** A field that may be left out; what a form leaves empty was left out. */
export function optional<T, Text extends string>(schema: z.ZodMiniType<T, Text>) {
  const emptyIsAbsent = z.transform((value: Text | "" | null | undefined) =>
    value === "" || value === null ? undefined : value as string | undefined
  );
  return z.optional(z.pipe(emptyIsAbsent, z.optional(schema as z.ZodMiniType<T, string>)));
}
