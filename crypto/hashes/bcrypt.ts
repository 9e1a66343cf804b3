import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { ReadHash } from "./mod.ts";

/** Cost 15 is 2^15 rounds, which take about 3 s in JavaScript. */
const maxCost = 15;

/**
 * A bcrypt hash as Rails, Laravel, PHP, Python and Node store it: `$2a$`, `$2b$` or `$2y$`, cost, salt, key.
 * After Django's prefix `bcrypt_sha256$`, the input is the password's SHA-256 in lower case hex.
 */
const form = /^(bcrypt_sha256\$)?(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;

/** Reads a bcrypt hash. Returns as `readForeignHash`. */
export function readBcrypt(stored: string): ReadHash {
  const [, sha256, salt = "", cost, key = ""] = form.exec(stored) ?? [];
  if (!key || Number(cost) < 4 || Number(cost) > 31) return null;
  if (Number(cost) > maxCost) return "excessive";
  return {
    memoryMiB: 16,
    key: Buffer.from(key),
    async derive(password) {
      const input = sha256 ? createHash("sha256").update(password).digest("hex") : password;
      // bcrypt repeats the password with NUL between, so "a" and "a\0a" would have the same hash.
      if (input.includes("\0")) return null;
      const { bcrypt } = await import("./in_javascript.ts"); // like every bcrypt, uses the first 72 bytes
      return Buffer.from((await bcrypt(input, salt)).slice(-31));
    },
  };
}
