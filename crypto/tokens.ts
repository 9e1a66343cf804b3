import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * A random id of 128 bits, base64url: never counted up, never used again. It does not begin with a
 * hyphen, which a command line would take for an option.
 */
export function newId(): string {
  const id = randomBytes(16).toString("base64url");
  return id.startsWith("-") ? newId() : id;
}

/** A secret of 256 bits, base64url. Only its hash is ever stored. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** SHA-256 of a text in UTF-8, base64url. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** SHA-256 of a secret, base64url: what the database knows of it. */
export function secretHash(secret: string): string {
  return sha256(secret);
}

/** What a sealed text is encrypted and authenticated with: 32 bytes each. */
export interface SealKeys {
  encryption: Uint8Array;
  integrity: Uint8Array;
}

/** The keys of a `SESSION_SECRET`. Given as bytes, they spare each seal two derivations from a text. */
export function sealKeys(secret: string): SealKeys {
  const derive = (purpose: string) =>
    new Uint8Array(createHmac("sha256", secret).update(`seal: ${purpose}`).digest());
  return { encryption: derive("encryption"), integrity: derive("integrity") };
}

/** Compares in a time that does not depend on where, or whether in length, the two differ. */
export function isSameSecret(given: string, secret: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/** What a keyed hash stands for; a hash of one kind never equals one of another. */
export type IdentifierKind = "name" | "email" | "address" | "receipt" | "member" | "link";

/**
 * HMAC-SHA-256 under `IDENTIFIER_KEY`: lets the same name, e-mail or address be recognised again
 * without being stored, and by nobody who lacks the key.
 */
export function identifierHash(key: string, kind: IdentifierKind, value: string): string {
  return createHmac("sha256", key).update(`${kind}:${value}`).digest("base64url");
}

/**
 * The id of what a form makes, derived from the form's token: a form that is sent twice makes one thing.
 * As hard to guess as the token. It does not begin with a hyphen, like `newId`.
 */
export function idOfForm(key: string, kind: "receipt" | "member", token: string): string {
  return identifierHash(key, kind, token).slice(0, 22).replace(/^-/, "_");
}

/**
 * The network a client is throttled by: an IPv4 address, or the /64 that one IPv6 customer holds. Ports
 * are dropped, and every spelling of an address is one.
 */
export function clientNetwork(address: string): string {
  const bare = address.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^(\d+(?:\.\d+){3}):\d+$/, "$1");
  const url = `http://[${bare.split("%")[0]}]/`;
  if (!bare.includes(":") || !URL.canParse(url)) return bare;
  const canonical = new URL(url).hostname.slice(1, -1); // lower case, no leading zeros, longest run as ::
  const [head = "", tail = ""] = canonical.split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail.split(":").filter(Boolean);
  const zeros = Array(Math.max(0, 8 - left.length - right.length)).fill("0");
  const groups = [...left, ...zeros, ...right];
  const isMapped = groups.slice(0, 5).every((group) => group === "0") && groups[5] === "ffff";
  return isMapped ? dotted(groups[6], groups[7]) : groups.slice(0, 4).join(":");
}

/** The IPv4 address in the last two groups of an IPv4-mapped one. */
function dotted(...groups: string[]): string {
  return groups.flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 255];
  }).join(".");
}

/**
 * The token of the link in a mail, base64url, 256 bits. It is made of the mail's id and `IDENTIFIER_KEY` and
 * is stored nowhere: every try to send the mail makes the same token, and a copy of the database has none.
 */
export function linkToken(identifierKey: string, mailId: string): string {
  return identifierHash(identifierKey, "link", mailId);
}
