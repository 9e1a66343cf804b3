/** Members who were there before Annyeong: what of a row of theirs can be taken over, and as what. */
import { Buffer } from "node:buffer";
import * as z from "zod/mini";
import { emailAddress, fold, invisible, plainText, trimmed } from "./member.ts";
import { passwordMaxLength } from "./password.ts";
import { formatHash, parseHash, type PasswordHash } from "../crypto/passwords.ts";

/** A row of the team's SELECT, as SQL hands it over: `joined_at` in ms, or NaN where it is no instant. */
export interface OldRow {
  id: string;
  name: string | null;
  email: string | null;
  password: string | null;
  rank: string | null;
  joinedAt: number | null;
}

/** A member as they will be, but for the hash of a password that is still in plain text. */
export interface Adopted {
  id: string;
  name: string;
  nameKey: string;
  email: string;
  emailKey: string;
  rank: string;
  joinedAt: number;
  password: OldPassword;
}

/** `ready`: a hash that this service verifies. `none`: nothing that anybody could sign in with. */
export type OldPassword =
  | { form: "annyeong" | "werkzeug" | "better-auth"; ready: string }
  | { form: "plain"; text: string }
  | { form: "none" };

/**
 * What an old login name has to be: what the sign-in form can send. Length and letters are waived, for
 * the name is theirs already; what is not seen is not, for with it one name passes for another.
 */
const adoptedName = z.pipe(
  trimmed,
  z.string().check(
    z.refine((text) => text.length >= 1 && text.length <= 254 && !invisible.test(text)),
  ),
);
const adoptedId = plainText.check(
  z.refine((text) => /^\S{1,128}$/u.test(text) && !invisible.test(text)),
);
const adoptedRank = plainText.check(z.refine((text) => text.length >= 1 && text.length <= 100));

/** Everything that is wrong with a row, in sentences that name nobody; or the member. */
export function adopt(row: OldRow, now: number): Adopted | string[] {
  const name = adoptedName.safeParse(row.name);
  const email = emailAddress.safeParse(row.email);
  const rank = adoptedRank.safeParse(row.rank ?? "member");
  const problems: string[] = [];
  if (!adoptedId.safeParse(row.id).success) problems.push("the id is no plain word");
  if (!name.success) problems.push("the name is no login name");
  if (!email.success) problems.push("the e-mail is no address");
  if (!rank.success) problems.push("the rank is no plain text");
  if (Number.isNaN(row.joinedAt)) problems.push("joined_at is no instant");
  if (!name.success || !email.success || !rank.success || problems.length > 0) return problems;
  return {
    id: row.id,
    name: name.data,
    nameKey: fold(name.data),
    email: email.data,
    emailKey: fold(email.data),
    rank: rank.data,
    joinedAt: row.joinedAt ?? now,
    password: oldPassword(row.password),
  };
}

/** What others made, and what looks like it: none of it is a password that somebody types. */
const foreignHash =
  /^\*[0-9a-f]{40}$|^(\$[a-z0-9-]+\$|\{[A-Za-z0-9-]+\}|(pbkdf2|scrypt|argon2|bcrypt|sha\d*|md5|plain)\w*[:$])|^(?=.{32,}$)(md5|0x)?([0-9a-f]{2})+(:[0-9a-f]+)?$/i;

/** Bytes of MD5, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512. */
const digestBytes = [16, 20, 28, 32, 48, 64];

/** Whether it is such a digest in base64 or base64url, to the last bit. Unpadded, one case is rather a word. */
function isDigest(text: string): boolean {
  if (!text.endsWith("=") && !(/[a-z]/.test(text) && /[A-Z]/.test(text))) return false;
  const bytes = Buffer.from(text, "base64");
  const bare = text.replace(/={1,2}$/, "").replaceAll("+", "-").replaceAll("/", "_");
  return digestBytes.includes(bytes.length) && bytes.toString("base64url") === bare;
}

/** Its length, where it may be a hash by length and letters; 0 where it is not. */
export function hashLength(text: string): number {
  return /^[\w+/=.:$-]{16,}$/.test(text) ? text.length : 0;
}

/** Recognises a stored password by its form. Hashes that take more than a service can spare are `none`. */
export function oldPassword(text: string | null): OldPassword {
  if (text === null || text === "") return { form: "none" };
  for (const [form, read] of readers) {
    const hash = read(text);
    if (hash) return isAffordable(hash) ? { form, ready: formatHash(hash) } : { form: "none" };
  }
  if (foreignHash.test(text) || isDigest(text) || !text.isWellFormed()) return { form: "none" };
  if ([...text.normalize("NFC")].length > passwordMaxLength) return { form: "none" };
  return { form: "plain", text };
}

const readers: [
  "annyeong" | "werkzeug" | "better-auth",
  (text: string) => PasswordHash | null,
][] = [
  ["annyeong", (text) => {
    try {
      return parseHash(text);
    } catch {
      return null;
    }
  }],
  // generate_password_hash: the password as it came, the salt as its text, hashlib.scrypt's 64 bytes.
  ["werkzeug", (text) => {
    const match = /^scrypt:(\d{1,8}):(\d{1,2}):(\d{1,2})\$([^$]+)\$([0-9a-f]{128})$/i.exec(text);
    if (!match) return null;
    const [N, blockSize, parallelism] = match.slice(1, 4).map(Number) as [number, number, number];
    const logN = Math.log2(N);
    if (!Number.isInteger(logN)) return null;
    return { ...{ logN, blockSize, parallelism }, form: "none", ...bytesOf(match[4]!, match[5]!) };
  }],
  // @better-auth/utils/password: NFKC, and the salt is the hex text itself, not what it stands for.
  ["better-auth", (text) => {
    const match = /^([0-9a-f]{32}):([0-9a-f]{128})$/i.exec(text);
    if (!match) return null;
    const cost = { logN: 14, blockSize: 16, parallelism: 1 };
    return { ...cost, form: "NFKC", ...bytesOf(match[1]!, match[2]!) };
  }],
];

function bytesOf(salt: string, hexKey: string) {
  return { salt: new TextEncoder().encode(salt), key: new Uint8Array(Buffer.from(hexKey, "hex")) };
}

/** 64 MiB, which is what an isolate may spend, and about six times our own work. */
function isAffordable({ logN, blockSize, parallelism }: PasswordHash): boolean {
  const memory = 128 * blockSize * 2 ** logN;
  return logN >= 1 && blockSize >= 1 && parallelism >= 1 && memory <= 2 ** 26 &&
    memory * parallelism <= 2 ** 29;
}
