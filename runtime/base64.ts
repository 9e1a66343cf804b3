/**
 * In a Worker's bundle this takes the place of `js-base64` and `@stablelib/base64`, which libSQL's client and
 * `standardwebhooks` use: the platform has base64 (`wrangler.toml`, alias).
 */
import { Buffer } from "node:buffer";

/** Bytes to base64 with padding (RFC 4648, 4). */
export function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** Base64 to bytes, with or without padding. */
export function decode(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** As `js-base64` names them. */
export const Base64 = { fromUint8Array: encode, toUint8Array: decode };
