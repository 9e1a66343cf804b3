import { decrypt, encrypt } from "hono-sessions";
import type * as z from "zod/mini";
import type { Config } from "../config/mod.ts";
import { type SealKeys, sealKeys } from "../crypto/tokens.ts";

/** The keys of each configuration, in the order of its session secrets. */
const derived = new WeakMap<Config, SealKeys[]>();

/** A seal made with keys. It has no salts; a seal with salts would open, but it was changed after sealing. */
const byKeys = /^Fe26\.2\*\*\*[\w-]+\*[\w-]+\*\*\*[\w-]+$/;

/** A seal of version 0.1.0, made with a password. It opens until the last of its sessions has ended. */
const byPassword = /^Fe26\.2\*\*[0-9a-f]{64}\*[\w-]+\*[\w-]+\*\*[0-9a-f]{64}\*[\w-]+$/;

function keysOf(config: Config): SealKeys[] {
  const keys = derived.get(config) ?? config.sessionSecrets.map(sealKeys);
  derived.set(config, keys);
  return keys;
}

/** Encrypts and authenticates a value for a cookie, with the first of the session secrets. */
export async function seal(config: Config, value: object): Promise<string> {
  return await encrypt(asPassword(keysOf(config)[0]!), JSON.stringify(value));
}

/**
 * Decrypts a cookie with each session secret in turn, and checks the shape of its value.
 * @returns `null` if the cookie was changed, belongs to another key, or holds another kind of value
 */
export async function unseal<S extends z.ZodMiniType>(
  config: Config,
  cookie: string,
  shape: S,
): Promise<z.output<S> | null> {
  for (const password of passwordsFor(config, cookie)) {
    const parsed = shape.safeParse(await open(password, cookie));
    if (parsed.success) return parsed.data;
  }
  return null;
}

function passwordsFor(config: Config, cookie: string): readonly string[] {
  if (byKeys.test(cookie)) return keysOf(config).map(asPassword);
  return byPassword.test(cookie) ? config.sessionSecrets : [];
}

async function open(password: string, cookie: string): Promise<unknown> {
  try {
    return JSON.parse(await decrypt(password, cookie) as string);
  } catch {
    return undefined;
  }
}

/** hono-sessions passes its password unchanged to a library that also accepts keys. */
function asPassword(keys: SealKeys): string {
  return keys as unknown as string;
}
