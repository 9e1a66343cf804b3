import { Buffer } from "node:buffer";
import type { ReadHash } from "./mod.ts";

/** About 5 s in JavaScript. Django asks for 1,000,000 in version 5.2. */
const maxIterations = 2_000_000;

/** PBKDF2 with HMAC-SHA-256 as Django stores it: iterations, the salt as text, 32 bytes in base64. */
const form = /^pbkdf2_sha256\$(\d{1,9})\$([^$]+)\$([A-Za-z0-9+/]{43}=)$/;

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

/** The platform's PBKDF2, or one in JavaScript: Cloudflare refuses more than 100,000 iterations. */
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
    const { pbkdf2Async } = await import("@noble/hashes/pbkdf2.js");
    const { sha256 } = await import("@noble/hashes/sha2.js");
    return await pbkdf2Async(sha256, password, salt, { c: iterations, dkLen: 32 });
  }
}
