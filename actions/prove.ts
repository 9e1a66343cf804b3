import { secretHash } from "../crypto/tokens.ts";
import { read, write } from "../db/engine/batch.ts";
import {
  type CredentialName,
  selectCredentials,
  toCredentials,
} from "../db/identity/credentials.ts";
import { selectPassword, toHash } from "../db/identity/passwords.ts";
import { countAttempt, dropAttempt, requireCounted } from "../db/session/attempts.ts";
import { selectConfirmed } from "../db/session/identities.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../db/session/sessions.ts";
import type { Proof } from "../domain/proof.ts";
import { requireSession } from "../domain/standing.ts";
import { type Attempt, confirmationAttempt } from "../domain/throttle.ts";
import type { Services } from "./services.ts";

/** What a member gives in a live session to prove who they are. */
export interface Given {
  password: string;
}

/** A live session, and the credentials of its member, strongest first. */
export interface Standing {
  session: Session;
  credentials: CredentialName[];
  /** Whether the session was confirmed by a new authentication at a provider, which still counts. */
  confirmed: boolean;
}

/** What was loaded to verify what the member gave. */
export interface Counted extends Standing {
  /** The attempt that was counted. */
  attempt: Attempt;
  given: Given;
  /** PHC string; `null` for a member without a password. */
  passwordHash: string | null;
}

/**
 * Loads a live session and the names of its member's credentials. One round trip.
 * @param now ms
 * @throws `unauthenticated`, `unavailable`
 */
export async function loadStanding(
  { db }: Services,
  secret: string,
  now: number,
): Promise<Standing> {
  const { found, credentials, confirmed } = await read(db, {
    found: selectSession(secret, now),
    credentials: selectCredentials(memberOfSession(secret, now)),
    confirmed: selectConfirmed(secret, now),
  });
  return {
    session: requireSession(toSession(found)),
    credentials: toCredentials(credentials),
    confirmed: confirmed.rows.length > 0,
  };
}

/**
 * Counts an attempt against the session, and loads what `verifyGiven` needs. One round trip. Attempts are
 * counted before anything is verified. A session that is over counts none.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`, `throttled`, `unavailable`
 */
export async function countGiven(
  { config, db }: Services,
  secret: string,
  given: Given,
  now: number,
): Promise<Counted> {
  const attempt = confirmationAttempt(secretHash(secret), config.throttleScale);
  const member = memberOfSession(secret, now);
  const { counted, found, credentials, confirmed, password } = await write(db, {
    counted: countAttempt(attempt, now, secretHash(secret)),
    found: selectSession(secret, now),
    credentials: selectCredentials(member),
    confirmed: selectConfirmed(secret, now),
    password: selectPassword(member),
  });
  const session = requireSession(toSession(found));
  requireCounted(attempt, counted, now);
  return {
    session,
    credentials: toCredentials(credentials),
    confirmed: confirmed.rows.length > 0,
    attempt,
    given,
    passwordHash: toHash(password),
  };
}

/**
 * Verifies what the member gave.
 * @returns the proof, or `null` if what was given is wrong
 * @throws `unavailable` if too many passwords are being hashed; the attempt is not counted then
 */
export async function verifyGiven(services: Services, counted: Counted): Promise<Proof | null> {
  const { session, passwordHash, given, attempt } = counted;
  const right = await verifyCounted(services, given.password, passwordHash, attempt);
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
