import { Buffer } from "node:buffer";
import type { ReadHash } from "./mod.ts";

/** The maximum takes about 5 s in JavaScript. Django 5.2 uses 1,000,000. */
const maxIterations = 2_000_000;

/** A PBKDF2-HMAC-SHA-256 hash as Django stores it: iterations, salt as text, key of 32 bytes in base64. */
const form = /^pbkdf2_sha256\$(\d{1,9})\$([^$]+)\$([A-Za-z0-9+/]{43}=)$/;

/** Reads a PBKDF2 hash. Returns as `readForeignHash`. */
export function readPbkdf2(stored: string): ReadHash {
  const [, count, salt = "", key = ""] = form.exec(stored) ?? [];
  const iterations = Number(count);
  if (!key || iterations < 1) return null;
  if (iterations > maxIterations) return "excessive";
  const bytes = (text: string) => new TextEncoder().encode(text);
  return {
    memoryMiB: 16,
    key: new Uint8Array(Buffer.from(key, "base64")),
    derive: (password) => derive(bytes(password), bytes(salt), iterations),
  };
}

/** Uses the runtime's PBKDF2, or JavaScript on Cloudflare, which refuses more than 100,000 iterations. */
async function derive(
  password: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array> {
  try {
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const cost = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
    return new Uint8Array(await crypto.subtle.deriveBits(cost, key, 256));
  } catch {
    const { pbkdf2 } = await import("./in_javascript.ts");
    return await pbkdf2(password, salt, iterations);
  }
}
