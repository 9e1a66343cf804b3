import { Buffer } from "node:buffer";
import type { ReadHash } from "./mod.ts";

/** KiB. Django's default, which is the highest default of the known systems. */
const maxMemory = 102_400;
/** KiB times passes. The maximum takes about 5 s in JavaScript. */
const maxWork = 2 ** 19;

/** An Argon2 hash (RFC 9106) as a PHC string: `$argon2id$v=19$m=65536,t=3,p=4$salt$key`, m in KiB. */
const form =
  /^\$argon2(id|i)(?:\$v=(16|19))?\$([mtp]=\d{1,9}(?:,[mtp]=\d{1,9}){2})\$([^$]+)\$([^$]+)$/;
const base64 = /^[A-Za-z0-9+/]+$/;

interface Parameters {
  type: "id" | "i";
  version: number;
  /** KiB */
  memory: number;
  passes: number;
  lanes: number;
  salt: Uint8Array<ArrayBuffer>;
  /** bytes */
  keyLength: number;
}

/** Reads an Argon2id or Argon2i hash of version 16 or 19. Returns as `readForeignHash`. */
export function readArgon2(stored: string): ReadHash {
  const [, type, version, costs = "", salt = "", key = ""] = form.exec(stored) ?? [];
  if (!base64.test(salt) || !base64.test(key)) return null;
  const { m: memory = 0, t: passes = 0, p: lanes = 0 } = Object.fromEntries(
    costs.split(",").map((cost) => [cost[0], Number(cost.slice(2))]),
  );
  const keyBytes = new Uint8Array(Buffer.from(key, "base64"));
  const saltBytes = new Uint8Array(Buffer.from(salt, "base64"));
  if (passes < 1 || lanes < 1 || memory < 8 * lanes) return null;
  if (saltBytes.length < 8 || keyBytes.length < 16 || keyBytes.length > 64) return null;
  if (memory > maxMemory || memory * passes > maxWork) return "excessive";
  const parameters: Parameters = {
    type: type as "id" | "i",
    version: Number(version ?? 16),
    memory,
    passes,
    lanes,
    salt: saltBytes,
    keyLength: keyBytes.length,
  };
  return {
    memoryMiB: memory / 1024,
    key: keyBytes,
    derive: (password) => derive(new TextEncoder().encode(password), parameters),
  };
}

/** Uses the runtime's Argon2 if it has one (Deno's runs on another thread), otherwise JavaScript. */
async function derive(
  password: Uint8Array<ArrayBuffer>,
  parameters: Parameters,
): Promise<Uint8Array> {
  const { type, version, memory, passes, lanes, salt, keyLength } = parameters;
  if (version === 19) { // Deno computes version 19 for any `version`
    try {
      const name = `Argon2${type}`;
      const key = await crypto.subtle.importKey(
        "raw-secret" as "raw",
        password,
        name,
        false,
        ["deriveBits"],
      );
      const cost = { name, nonce: salt, memory, passes, parallelism: lanes, version };
      return new Uint8Array(await crypto.subtle.deriveBits(cost, key, keyLength * 8));
    } catch {
      // Workers have no Argon2.
    }
  }
  const argon2 = await import("./in_javascript.ts");
  const cost = { m: memory, t: passes, p: lanes, version, dkLen: keyLength };
  return await (type === "id" ? argon2.argon2idAsync : argon2.argon2iAsync)(password, salt, cost);
}
