import type { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { AppError } from "../domain/error.ts";
import { type ForeignHash, readForeignHash } from "./hashes/mod.ts";

/** OWASP Password Storage Cheat Sheet: N = 2^14, r = 8, p = 5 takes 16 MiB, which fits an isolate. */
const blockSize = 8;
const parallelism = 5;
const saltBytes = 16;
const keyBytes = 32;

/**
 * Hashes of other systems under way at once. Most are made in JavaScript, on the thread that answers
 * requests.
 */
const foreignAtOnce = 4;

/** A stored scrypt hash: with our parameters, or with those of the system that a member came from. */
export interface PasswordHash {
  logN: number;
  blockSize: number;
  parallelism: number;
  /** How the password is normalized before it is hashed: ours NFC, better-auth NFKC, werkzeug not. */
  form: "NFC" | "NFKC" | "none";
  salt: Uint8Array;
  key: Uint8Array;
}

/** Hashes and verifies, each bounded in memory; made once for each process or isolate. */
export interface Passwords {
  /** @returns a PHC string. Throws `unavailable` while too many are being hashed. */
  hash(password: string): Promise<string>;
  /** `null` stands for a member who does not exist, and costs the same. Throws like `hash`. */
  verify(password: string, stored: string | null): Promise<boolean>;
  /** Whether the hash was made with a lower setting than today's, or elsewhere. */
  isWeak(stored: string): boolean;
}

/** Runs work in turn with others, or throws `unavailable` when its turn does not come in time. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

const atOnce: Turn = (work) => work();

/**
 * @param cost scrypt's log2 N
 * @param memoryMiB what all hashes under way together may take. Past it the answer is 503 at once,
 *   because a queue would wait for other requests' promises, which workerd does not allow.
 * @param inTurn bounds how many hashes are under way, where the runtime allows waiting: more than there
 *   are cores would keep every other request waiting
 */
export function createPasswords(
  cost: number,
  memoryMiB: number,
  inTurn: Turn = atOnce,
): Passwords {
  const ours = { logN: cost, blockSize, parallelism, form: "NFC" } as const;
  const nobody = formatHash({ ...ours, salt: randomBytes(saltBytes), key: randomBytes(keyBytes) });
  let usedMiB = 0;
  let foreign = 0;

  /** Runs `work`, which takes so much memory, within the bounds. */
  function bounded<T>(hashMiB: number, work: () => Promise<T>): Promise<T> {
    return inTurn(async () => {
      if (usedMiB > 0 && usedMiB + hashMiB > memoryMiB) {
        throw new AppError("unavailable", { retryAfterMs: 1000 });
      }
      usedMiB += hashMiB;
      try {
        return await work();
      } finally {
        usedMiB -= hashMiB;
      }
    });
  }

  /** A wrong password costs as much as one against a hash of today's cost. */
  function verifyOurs(password: string, hash: PasswordHash, isReal: boolean): Promise<boolean> {
    const rest = missingWork(hash, cost);
    return bounded(Math.max(...[hash, ...rest].map(memoryMiBOf)), async () => {
      const derived = await runScrypt(password, hash);
      if (timingSafeEqual(derived, hash.key) && isReal) return true;
      for (const one of rest) await runScrypt(password, one);
      return false;
    });
  }

  async function verifyForeign(password: string, hash: ForeignHash): Promise<boolean> {
    if (foreign >= foreignAtOnce) throw new AppError("unavailable", { retryAfterMs: 1000 });
    foreign++;
    try {
      const derived = await bounded(hash.memoryMiB, () => hash.derive(password));
      return derived !== null && timingSafeEqual(derived, hash.key);
    } finally {
      foreign--;
    }
  }

  return {
    async hash(password) {
      const hash = { ...ours, salt: randomBytes(saltBytes), key: new Uint8Array(keyBytes) };
      const key = await bounded(memoryMiBOf(hash), () => runScrypt(password, hash));
      return formatHash({ ...hash, key });
    },
    async verify(password, stored) {
      const other = readForeignHash(stored ?? nobody);
      if (other === "excessive") throw new Error("a stored password asks for too much work");
      if (other) return await verifyForeign(password, other);
      return await verifyOurs(password, parseHash(stored ?? nobody), stored !== null);
    },
    isWeak(stored) {
      if (readForeignHash(stored)) return true;
      const { logN, form, ...hash } = parseHash(stored);
      return logN < cost || form !== "NFC" || hash.blockSize !== blockSize ||
        hash.parallelism !== parallelism;
    },
  };
}

/** The time of scrypt grows with N, r and p alike (RFC 7914). */
function workOf({ logN, blockSize, parallelism }: PasswordHash): number {
  return 2 ** logN * blockSize * parallelism;
}

function memoryMiBOf({ logN, blockSize }: PasswordHash): number {
  return 128 * blockSize * 2 ** logN / 2 ** 20;
}

/** What a hash lacks to cost as much as one of today's: nothing, or a hash whose result is not used. */
function missingWork(hash: PasswordHash, cost: number): PasswordHash[] {
  const today = { ...hash, logN: cost, blockSize, parallelism };
  const logN = Math.max(1, cost - 4, Math.min(hash.logN, cost));
  const missing = Math.round((workOf(today) - workOf(hash)) / (blockSize * 2 ** logN));
  return missing > 0 ? [{ ...today, logN, parallelism: missing }] : [];
}

/** Throws if a hash asks for more memory than `maxmem`. */
function runScrypt(password: string, hash: PasswordHash): Promise<Buffer> {
  const { logN, blockSize: r, parallelism: p, form, salt, key } = hash;
  const text = form === "none" ? password : password.normalize(form);
  return new Promise((resolve, reject) =>
    scrypt(
      text,
      salt,
      key.length,
      { N: 2 ** logN, r, p, maxmem: 2 ** 28 },
      (error, derived) => error ? reject(error) : resolve(derived),
    )
  );
}

/** PHC string format: `$scrypt$ln=14,r=8,p=5$salt$key`, base64 without padding; `nf` where it is not NFC. */
export function formatHash(
  { logN, blockSize, parallelism, form, salt, key }: PasswordHash,
): string {
  const nf = form === "NFC" ? "" : `,nf=${form}`;
  return `$scrypt$ln=${logN},r=${blockSize},p=${parallelism}${nf}$${base64(salt)}$${base64(key)}`;
}

/** A key of less than 16 bytes is refused: an empty one would fit every password. */
export function parseHash(phc: string): PasswordHash {
  const match =
    /^\$scrypt\$ln=(\d\d?),r=(\d\d?),p=(\d\d?)(?:,nf=(NFKC|none))?\$([^$]+)\$([^$]{22,})$/.exec(
      phc,
    );
  if (!match) throw new Error("a stored password is not in the PHC form of scrypt");
  const [logN, blockSize, parallelism] = match.slice(1, 4).map(Number) as [number, number, number];
  const form = match[4] as "NFKC" | "none" | undefined ?? "NFC";
  const bytes = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  return { logN, blockSize, parallelism, form, salt: bytes(match[5]!), key: bytes(match[6]!) };
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/=+$/, "");
}
