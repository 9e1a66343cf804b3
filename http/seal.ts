import { decrypt, encrypt } from "hono-sessions";
import type * as z from "zod/mini";
import type { Config } from "../config/mod.ts";

/** Encrypts and authenticates a value for a cookie, with the first of the session secrets. */
export async function seal({ sessionSecrets }: Config, value: object): Promise<string> {
  return await encrypt(sessionSecrets[0]!, JSON.stringify(value));
}

/**
 * Decrypts a cookie with each session secret in turn, and checks the shape of its value.
 * @returns `null` if the cookie was changed, belongs to another key, or holds another kind of value
 */
export async function unseal<S extends z.ZodMiniType>(
  { sessionSecrets }: Config,
  cookie: string,
  shape: S,
): Promise<z.output<S> | null> {
  for (const key of sessionSecrets) {
    const opened = await open(key, cookie);
    const parsed = shape.safeParse(opened);
    if (parsed.success) return parsed.data;
  }
  return null;
}

async function open(key: string, cookie: string): Promise<unknown> {
  try {
    return JSON.parse(await decrypt(key, cookie) as string);
  } catch {
    return undefined;
  }
}
