import * as z from "zod";
import { passwordMaxLength } from "../domain/password.ts";

/** A password as it was typed: spaces count, nothing is trimmed, nothing is cut. */
export const password = z.string()
  .refine((text) => text !== "", { error: "required" })
  .refine((text) => text.isWellFormed(), { error: "malformed" })
  .refine((text) => [...text.normalize("NFC")].length <= passwordMaxLength, { error: "too_long" });

/** A field that may be left out; what a form leaves empty was left out. */
export function optional<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => value === "" || value === null ? undefined : value, schema.optional());
}
