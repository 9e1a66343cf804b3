/** Hashes that other systems made: told by their text, and verified until their member's next sign-in. */
import { readArgon2 } from "./argon2.ts";
import { readBcrypt } from "./bcrypt.ts";
import { readPbkdf2 } from "./pbkdf2.ts";

/** A stored hash of another scheme than ours. */
export interface ForeignHash {
  /** MiB that one verification takes, or counts as where it takes time and little memory. */
  memoryMiB: number;
  /** What `derive` gives for the right password. */
  key: Uint8Array;
  /**
   * Loads the scheme's library, and makes the key of a password. `null`: no key can be made of it.
   */
  derive(password: string): Promise<Uint8Array | null>;
}

/** `excessive`: the parameters ask for more work than a sign-in may cost, about 5 s on one core. */
export type ReadHash = ForeignHash | "excessive" | null;

/** Reads a stored hash. `null`: it is in none of these forms. */
export function readForeignHash(stored: string): ReadHash {
  return readBcrypt(stored) ?? readArgon2(stored) ?? readPbkdf2(stored);
}
