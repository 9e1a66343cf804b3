/** Hashes for which a runtime has nothing of its own: loaded when needed, and bundled without unused parts. */
import { argon2iAsync, argon2idAsync } from "@noble/hashes/argon2.js";
import { pbkdf2Async } from "@noble/hashes/pbkdf2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { hash } from "bcryptjs";

export { argon2iAsync, argon2idAsync, hash as bcrypt };

/** PBKDF2-HMAC-SHA-256 (RFC 8018, 5.2). Returns 32 bytes. */
export function pbkdf2(
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  return pbkdf2Async(sha256, password, salt, { c: iterations, dkLen: 32 });
}
