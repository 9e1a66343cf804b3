/** The kinds of values that variables hold. Every message says what is wrong and never repeats the value. */
import * as z from "zod/mini";

export type Environment = Readonly<Record<string, unknown>>;

/** A variable that cannot be used. The message names the variable and never repeats its value. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

export const minute = 60_000;
export const day = 24 * 60 * minute;

/** A decimal number within bounds. */
export function number({ min = 0, max = 36_500, whole = false } = {}) {
  return z.pipe(
    z.pipe(
      z.string().check(
        z.regex(/^\d+(\.\d+)?$/, { error: "must be a decimal number that is not negative" }),
      ),
      z.transform(Number),
    ),
    z.number().check(
      z.refine((n) => n >= min, { error: `must be at least ${min}` }),
      z.refine((n) => n <= max, { error: `must be at most ${max}` }),
      z.refine((n) => !whole || Number.isInteger(n), { error: "must be a whole number" }),
    ),
  );
}

/** A time, given in units of `unit` ms and returned in ms. */
export function duration(unit: number, { min = 0 } = {}) {
  return z.pipe(number({ min }), z.transform((length) => length * unit));
}

/** Comma-separated entries. */
export function list<T extends z.ZodMiniType<unknown, string>>(
  entry: T,
  options?: { error: string },
) {
  return z.pipe(
    z.string(options),
    z.pipe(z.transform((text: string) => text.split(",").map((one) => one.trim())), z.array(entry)),
  );
}

/** JSON text, parsed. */
export function json(options?: { error: string }) {
  return z.pipe(
    z.string(options),
    z.transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.issues.push({ code: "custom", message: "must be valid JSON", input: "" });
        return z.NEVER;
      }
    }),
  );
}

/** Text that `test` accepts. */
export function text(test: (text: string) => boolean, error: string) {
  return z.string().check(z.refine(test, { error }));
}

/**
 * Reads the variables that `fields` names. An empty value counts as absent. Throws `ConfigError` with
 * one message for each variable that is wrong.
 */
export function read<S extends z.ZodMiniObject>(fields: S, environment: Environment): z.output<S> {
  const names = Object.keys(fields.shape).filter((name) =>
    environment[name] !== undefined && environment[name] !== ""
  );
  const parsed = fields.safeParse(
    Object.fromEntries(names.map((name) => [name, environment[name]])),
    { error: () => "must be text" }, // a Worker's binding may be a JSON value
  );
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${String(path[0])} ${message}`);
  throw new ConfigError([...new Set(problems)].join("; "));
}

/** A URL that has no credentials, fragment or (unless allowed) query: those end up in logs and errors. */
export function isPlainUrl(text: string, query?: "query allowed"): boolean {
  if (!URL.canParse(text)) return false;
  const { search, hash, username, password } = new URL(text);
  return !((search && !query) || hash || username || password);
}

export function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

export function isOrigin(text: string): boolean {
  return isHttp(text) && new URL(text).origin === text;
}
