/** Reads password hashes of other systems. A member's next sign-in replaces such a hash by ours. */
import { readArgon2 } from "./argon2.ts";
import { readBcrypt } from "./bcrypt.ts";
import { readPbkdf2 } from "./pbkdf2.ts";

/** A stored hash that is not one of Annyeong's own scrypt hashes. */
export interface ForeignHash {
  /** MiB that one verification is counted as: its memory, or 16 for a scheme that takes mostly time. */
  memoryMiB: number;
  /** The key that `derive` returns for the right password. */
  key: Uint8Array;
  /** Derives the key of a password. Returns `null` if the scheme cannot take the password. */
  derive(password: string): Promise<Uint8Array | null>;
}

/** `excessive`: a verification would take more than about 5 s on one core. `null`: an unknown form. */
export type ReadHash = ForeignHash | "excessive" | null;

/** Reads a stored bcrypt, Argon2 or PBKDF2 hash. */
export function readForeignHash(stored: string): ReadHash {
  return readBcrypt(stored) ?? readArgon2(stored) ?? readPbkdf2(stored);
}
