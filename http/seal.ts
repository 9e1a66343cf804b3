import { decrypt, encrypt } from "hono-sessions";
import type * as z from "zod/mini";
import type { Config } from "../config/mod.ts";

/** Encrypts and authenticates a value for a cookie, with the first of the session secrets. */
export async function seal({ sessionSecrets }: Config, value: object): Promise<string> {
  return await encrypt(sessionSecrets[0]!, JSON.stringify(value));
}

/**
 * The value of a cookie, opened with any of the session secrets and checked against its shape. `null`: it
 * was changed, is of another key, or is something else that was sealed.
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
