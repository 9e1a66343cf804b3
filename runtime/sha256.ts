/**
 * In a Worker's bundle this takes the place of `fast-sha256`, with which `standardwebhooks` signs: the
 * platform's HMAC is smaller and faster than one in JavaScript (`wrangler.toml`, alias).
 */
import { createHmac } from "node:crypto";

/** HMAC-SHA-256 (RFC 2104). */
export function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(data).digest());
}
