import { secretHash } from "../crypto/tokens.ts";
import { write } from "../db/engine/batch.ts";
import { selectPassword, toHash } from "../db/identity/passwords.ts";
import { countAttempt, dropAttempt, requireCounted } from "../db/session/attempts.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../db/session/sessions.ts";
import type { Proof } from "../domain/proof.ts";
import { requireSession } from "../domain/standing.ts";
import { type Attempt, confirmationAttempt } from "../domain/throttle.ts";
import type { Services } from "./services.ts";

/** A live session, and what a password given in it is verified against. */
export interface Challenged {
  session: Session;
  /** PHC string; `null` for a member without a password. */
  passwordHash: string | null;
  /** The try that was counted. */
  attempt: Attempt;
}

/**
 * Counts a try by its session, and loads session and stored password, in one trip. Tries are counted
 * before anything is hashed; a dead session counts nothing.
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
 * Verifies a password against the challenge. `null`: it is wrong, and the try stays counted.
 * @throws `unavailable` while too many passwords are being hashed; the try is not counted then
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
 * Verifies a password, and takes the counted try back if the service cannot. `stored` is `null` for a
 * member who does not exist or has no password; that costs the same.
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
    await dropAttempt(db, attempt).catch(() => {}); // the first failure is the one to report
    throw error;
  }
}
