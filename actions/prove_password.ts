import { secretHash } from "../crypto/tokens.ts";
import { write } from "../db/engine/batch.ts";
import { selectPassword, toHash } from "../db/identity/passwords.ts";
import { countAttempt, dropAttempt, requireCounted } from "../db/session/attempts.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../db/session/sessions.ts";
import type { Proof } from "../domain/proof.ts";
import { requireSession } from "../domain/standing.ts";
import { type Attempt, confirmationAttempt } from "../domain/throttle.ts";
import type { Services } from "./services.ts";

/** A live session, and the stored hash that a password is verified against. */
export interface Challenged {
  session: Session;
  /** PHC string; `null` for a member without a password. */
  passwordHash: string | null;
  /** The attempt that was counted. */
  attempt: Attempt;
}

/**
 * Counts an attempt against the session, and loads the session and the stored password. One round trip.
 * Attempts are counted before anything is hashed. A session that is over counts none.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`, `throttled`, `unavailable`
 */
export async function challenge(
  { config, db }: Services,
  secret: string,
  now: number,
): Promise<Challenged> {
  const attempt = confirmationAttempt(secretHash(secret), config.throttleScale);
  const { counted, found, password } = await write(db, {
    counted: countAttempt(attempt, now, secretHash(secret)),
    found: selectSession(secret, now),
    password: selectPassword(memberOfSession(secret, now)),
  });
  const session = requireSession(toSession(found));
  requireCounted(attempt, counted, now);
  return { session, passwordHash: toHash(password), attempt };
}

/**
 * Verifies a password against the stored hash of a challenge.
 * @returns the proof, or `null` if the password is wrong
 * @throws `unavailable` if too many passwords are being hashed; the attempt is not counted then
 */
export async function provePassword(
  services: Services,
  { session, passwordHash, attempt }: Challenged,
  password: string,
): Promise<Proof | null> {
  const right = await verifyCounted(services, password, passwordHash, attempt);
  return right ? { by: "password", memberId: session.member.id, hash: passwordHash! } : null;
}

/**
 * Verifies a password, and deletes the counted attempt if the verification itself fails.
 * @param stored PHC string; `null` for a member who does not exist or has no password, which takes as long
 * @throws `unavailable` if too many passwords are being hashed
 */
export async function verifyCounted(
  { db, passwords }: Services,
  password: string,
  stored: string | null,
  attempt: Attempt,
): Promise<boolean> {
  try {
    return await passwords.verify(password, stored);
  } catch (error) {
    await dropAttempt(db, attempt).catch(() => {}); // report the first error, not this one
    throw error;
  }
}
