import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { ReadHash } from "./mod.ts";

/** 2^15 rounds take about 3 s in JavaScript. */
const maxCost = 15;

/**
 * bcrypt as Rails, Laravel, PHP, Python and Node store it: `$2a$`, `$2b$` or `$2y$`, cost, salt, key.
 * After `bcrypt_sha256$` (Django) it is the bcrypt of the password's SHA-256 in lower case hex.
 */
const form = /^(bcrypt_sha256\$)?(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;

export function readBcrypt(stored: string): ReadHash {
  const [, sha256, salt = "", cost, key = ""] = form.exec(stored) ?? [];
  if (!key || Number(cost) < 4 || Number(cost) > 31) return null;
  if (Number(cost) > maxCost) return "excessive";
  return {
    memoryMiB: 16,
    key: Buffer.from(key),
    async derive(password) {
      const input = sha256 ? createHash("sha256").update(password).digest("hex") : password;
      // Most bcrypts end at a NUL, and all repeat the password with one between: "a" is "a\0a".
      if (input.includes("\0")) return null;
      const { hash } = await import("bcryptjs"); // uses 72 bytes of the password, as all others do
      return Buffer.from((await hash(input, salt)).slice(-31));
    },
  };
}
