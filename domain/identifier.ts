import { createHash, createHmac, randomBytes } from "node:crypto";

/** A random id of 128 bits, base64url: never counted up, never used again. */
export function newId(): string {
  return randomBytes(16).toString("base64url");
}

/** A secret of 256 bits, base64url. Only its hash is ever stored. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** SHA-256 of a secret, base64url: what the database knows of it. */
export function secretHash(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** What a keyed hash stands for; a hash of one kind never equals one of another. */
export type IdentifierKind = "name" | "email" | "address";

/**
 * HMAC-SHA-256 under `IDENTIFIER_KEY`: lets the same name, e-mail or address be recognised again
 * without being stored, and by nobody who lacks the key.
 */
export function identifierHash(key: string, kind: IdentifierKind, value: string): string {
  return createHmac("sha256", key).update(`${kind}:${value}`).digest("base64url");
}

/** The network a client is throttled by: an IPv4 address, or the /64 that one IPv6 customer holds. */
export function clientNetwork(address: string): string {
  const bare = address.replace(/^\[|\]$/g, "").replace(/^::ffff:(?=\d+\.)/i, "");
  if (!bare.includes(":")) return bare;
  const [head = "", tail = ""] = bare.split("%")[0]!.split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail.split(":").filter(Boolean);
  const zeros = Array(Math.max(0, 8 - left.length - right.length)).fill("0");
  return [...left, ...zeros, ...right].slice(0, 4).map((group) => group.toLowerCase()).join(":");
}
