/** Recognises stored passwords of other systems. */
import { Buffer } from "node:buffer";
import { passwordMaxLength } from "./password.ts";
import { readForeignHash } from "../crypto/hashes/mod.ts";
import { formatHash, parseHash, type PasswordHash } from "../crypto/passwords.ts";

/** The systems and schemes whose hashes Annyeong verifies. */
export type HashForm =
  | "annyeong"
  | "werkzeug"
  | "better-auth"
  | "lucia"
  | "django"
  | "bcrypt"
  | "argon2";

/**
 * A stored password. `ready` is the hash as Annyeong stores it. `none` is a value that nobody can sign in
 * with; its `kind` describes it for the operator, without its content.
 */
export type SourcePassword =
  | { form: HashForm; ready: string }
  | { form: "plain"; text: string }
  | { form: "none"; kind: string };

/** Recognises a stored password by its form. A text that looks like an unknown hash is `none`. */
export function readPassword(text: string | null): SourcePassword {
  if (text === null || text === "") return { form: "none", kind: "empty" };
  for (const [form, read] of readers) {
    const ready = read(text);
    if (ready === "excessive") return { form: "none", kind: `${form} hash that costs too much` };
    if (ready) return { form, ready };
  }
  const kind = unusableKind(text);
  return kind ? { form: "none", kind } : { form: "plain", text };
}

type Reader = (text: string) => string | "excessive" | null;

const readers: [HashForm, Reader][] = [
  ["annyeong", (text) => {
    try {
      return ready(parseHash(text));
    } catch {
      return null;
    }
  }],
  // generate_password_hash: no normalization, the salt is text, the key is hex.
  ["werkzeug", (text) => {
    const pbkdf2 = /^pbkdf2:sha256:(\d{1,9})\$([^$]+)\$([0-9a-f]{64})$/i.exec(text);
    if (pbkdf2) {
      const [, iterations, salt, key] = pbkdf2;
      const base64 = Buffer.from(key!, "hex").toString("base64");
      return foreign(`pbkdf2_sha256$${iterations}$${salt}$${base64}`);
    }
    const match = /^scrypt:(\d{1,8}):(\d{1,2}):(\d{1,2})\$([^$]+)\$([0-9a-f]{128})$/i.exec(text);
    if (!match) return null;
    const [, N, blockSize, parallelism, salt, key] = match;
    return scrypt([N!, blockSize!, parallelism!], "none", salt!, Buffer.from(key!, "hex"));
  }],
  // @better-auth/utils, and Scrypt of Lucia 3: NFKC; the salt is the hex text, not its bytes.
  ["better-auth", (text) => {
    const match = /^([0-9a-f]{32}):([0-9a-f]{128})$/i.exec(text);
    return match && scrypt([2 ** 14, 16, 1], "NFKC", match[1]!, Buffer.from(match[2]!, "hex"));
  }],
  // Lucia 2, and LegacyScrypt of Lucia 3. Lucia 1 has no prefix `s2:` and half the block size.
  ["lucia", (text) => {
    const match = /^(s2:)?([a-z0-9]{16}):([0-9a-f]{128})$/.exec(text);
    if (!match) return null;
    return scrypt(
      [2 ** 14, match[1] ? 16 : 8, 1],
      "NFKC",
      match[2]!,
      Buffer.from(match[3]!, "hex"),
    );
  }],
  // django.contrib.auth.hashers: no normalization, the salt is text.
  ["django", (text) => {
    const match = /^scrypt\$(\d{1,8})\$([^$]+)\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9+/]{86}==)$/.exec(
      text,
    );
    if (match) {
      const [, N, salt, blockSize, parallelism, key] = match;
      return scrypt([N!, blockSize!, parallelism!], "none", salt!, Buffer.from(key!, "base64"));
    }
    if (text.startsWith("bcrypt$$2")) return foreign(text.slice("bcrypt$".length));
    if (text.startsWith("argon2$argon2")) return foreign(text.slice("argon2".length));
    return /^(pbkdf2_sha256|bcrypt_sha256)\$/.test(text) ? foreign(text) : null;
  }],
  ["bcrypt", (text) => text.startsWith("$2") ? foreign(text) : null],
  ["argon2", (text) => text.startsWith("$argon2") ? foreign(text) : null],
];

function foreign(text: string): string | "excessive" | null {
  const hash = readForeignHash(text);
  return hash === null || hash === "excessive" ? hash : text;
}

function scrypt(
  cost: readonly [N: number | string, blockSize: number | string, parallelism: number | string],
  form: PasswordHash["form"],
  salt: string,
  key: Uint8Array,
): string | "excessive" | null {
  const [N, blockSize, parallelism] = cost.map(Number) as [number, number, number];
  const logN = Math.log2(N);
  if (!Number.isInteger(logN)) return null;
  return ready({ logN, blockSize, parallelism, form, salt: new TextEncoder().encode(salt), key });
}

/** Formats a hash. It may take 64 MiB, which fits an isolate, and about six times the work of our hashes. */
function ready(hash: PasswordHash): string | "excessive" | null {
  const { logN, blockSize, parallelism } = hash;
  if (logN < 1 || blockSize < 1 || parallelism < 1) return null;
  const memory = 128 * blockSize * 2 ** logN;
  return memory > 2 ** 26 || memory * parallelism > 2 ** 29 ? "excessive" : formatHash(hash);
}

/** Values that nobody types as a password, and their kinds. The first match counts. */
const unusable: [RegExp, string][] = [
  [/^!|^(x|\*+|\*[01]|\*(lk|np)\*|null|none|nil|undefined)$/i, "disabled password"],
  [/^\$2[a-z]?\$/, "bcrypt hash that is damaged or of another version"],
  [/^\$argon2/, "Argon2 hash that is damaged or of another type"],
  [/^s\d:/, "Lucia hash that is damaged or of another version"],
  [/^(pbkdf2|scrypt|argon2|bcrypt)\w*\$/, "Django hash that is damaged or of another kind"],
  [/^(pbkdf2|scrypt):/, "Werkzeug hash that is damaged or of another kind"],
  [/^\$(P|H|S|wp)\$/, "phpass, Drupal or WordPress hash"],
  [/^\$[A-Za-z0-9_.,=-]+\$/, "crypt hash"],
  [/^\{[\w.-]+\}/, "LDAP or Spring hash"],
  [
    /^(unsalted_)?(md[245]|sha-?\d*|hmac|ripemd\w*|blake\w*|pbkdf\d|[bs]?crypt|argon2\w*|plain)([_-]\w+)*[:$]/i,
    "named digest",
  ],
  [/^\*[0-9a-f]{40}$/i, "MySQL hash"],
  [/^AQAAAA[A-Za-z0-9+/]{40,}={0,2}$/, "ASP.NET Identity hash"],
  [/^(?=.{32,}$)(md5|0x|\\x)?([0-9a-f]{2})+$/i, "digest in hex"],
  [/^[0-9a-f]{32,}[.:$|]\S+$|^\S{4,}[.:$|][0-9a-f]{32,}$/i, "digest in hex with a salt"],
  [/^[[{]"/, "JSON"],
  [/[\p{Cc}\uFFFD]/u, "bytes that are not text"],
];

function unusableKind(text: string): string | null {
  const known = unusable.find(([form]) => form.test(text));
  if (known) return known[1];
  if (isBase64Digest(text)) return "digest in base64";
  if (!text.isWellFormed()) return "bytes that are not text";
  return [...text.normalize("NFC")].length > passwordMaxLength
    ? `text of more than ${passwordMaxLength} characters`
    : null;
}

/** Lengths in bytes of digests from MD5 to SHA-512, without a salt and with one of 4, 8 or 16 bytes. */
const digestBytes = [16, 20, 24, 28, 32, 36, 40, 48, 49, 52, 61, 64, 72, 80];

/** Returns whether a text is canonical base64 or base64url, and has the length or the letters of a digest. */
function isBase64Digest(text: string): boolean {
  const bytes = Buffer.from(text, "base64");
  const bare = text.replace(/={1,2}$/, "").replaceAll("+", "-").replaceAll("/", "_");
  if (bytes.toString("base64url") !== bare) return false;
  if (text.endsWith("=")) return bytes.length >= 12;
  if (!/[a-z]/.test(text) || !/[A-Z]/.test(text)) return false; // probably a word
  return digestBytes.includes(bytes.length) || (text.length >= 32 && /\d/.test(text));
}

/** Returns the length of a text whose length and letters could be those of a hash; otherwise 0. */
export function hashLength(text: string): number {
  return /^[\w+/=.:$-]{13,}$/.test(text) ? text.length : 0;
}
