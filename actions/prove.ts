import { secretHash } from "../crypto/tokens.ts";
import { read, write } from "../db/engine/batch.ts";
import {
  type CredentialName,
  selectCredentials,
  toCredentials,
} from "../db/identity/credentials.ts";
import { type Challenge, selectChallenge, toChallenge } from "../db/identity/challenges.ts";
import {
  type PasskeyRecord,
  selectHandles,
  selectPasskey,
  toHandles,
  toPasskey,
} from "../db/identity/passkeys.ts";
import { selectPassword, toHash } from "../db/identity/passwords.ts";
import { countAttempt, dropAttempt, requireCounted } from "../db/session/attempts.ts";
import { selectConfirmed } from "../db/session/identities.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../db/session/sessions.ts";
import { challengeIn } from "../domain/passkey.ts";
import type { Proof } from "../domain/proof.ts";
import { requireSession } from "../domain/standing.ts";
import { type Attempt, confirmationAttempt } from "../domain/throttle.ts";
import { boundToSession } from "./passkey_options.ts";
import type { Services } from "./services.ts";
import { type GivenPasskey, provePasskey } from "./verify_passkey.ts";

/** What a member gives in a live session to prove who they are. */
export type Given = { password: string } | GivenPasskey;

/** A live session, and the credentials of its member, strongest first. */
export interface Standing {
  session: Session;
  credentials: CredentialName[];
  /** Whether the session was confirmed by a new authentication at a provider, which still counts. */
  confirmed: boolean;
  /** The handles by which the member's passkeys name the member. */
  handles: string[];
}

/** What was loaded to verify what the member gave. */
export interface Counted extends Standing {
  /** The attempt that was counted. */
  attempt: Attempt;
  given: Given;
  /** PHC string; `null` for a member without a password. */
  passwordHash: string | null;
  /** The passkey that was given, if the member has it. */
  passkey: PasskeyRecord | null;
  /** The challenge that was given, if it works. */
  challenge: Challenge | null;
}

/**
 * Loads a live session and the names of its member's credentials. One round trip.
 * @param now ms
 * @throws `unauthenticated`, `unavailable`
 */
export async function loadStanding(
  { config, db }: Services,
  secret: string,
  now: number,
): Promise<Standing> {
  const member = memberOfSession(secret, now);
  const found = await read(db, {
    session: selectSession(secret, now),
    credentials: selectCredentials(member),
    confirmed: selectConfirmed(secret, now),
    handles: selectHandles(member),
  });
  return {
    session: requireSession(toSession(found.session)),
    credentials: toCredentials(found.credentials, config.providers),
    confirmed: found.confirmed.rows.length > 0,
    handles: toHandles(found.handles),
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
  const assertion = "passkey" in given ? given.passkey : null;
  const found = await write(db, {
    counted: countAttempt(attempt, now, secretHash(secret)),
    session: selectSession(secret, now),
    credentials: selectCredentials(member),
    confirmed: selectConfirmed(secret, now),
    handles: selectHandles(member),
    password: selectPassword(member),
    passkey: selectPasskey(assertion && assertion.id),
    challenge: selectChallenge(assertion && challengeIn(assertion), "confirm", now),
  });
  const session = requireSession(toSession(found.session));
  requireCounted(attempt, found.counted, now);
  const passkey = toPasskey(found.passkey);
  return {
    session,
    credentials: toCredentials(found.credentials, config.providers),
    confirmed: found.confirmed.rows.length > 0,
    handles: toHandles(found.handles),
    attempt,
    given,
    passwordHash: toHash(found.password),
    passkey: passkey?.member.id === session.member.id ? passkey : null,
    challenge: toChallenge(found.challenge),
  };
}

/**
 * Verifies what the member gave.
 * @param now ms
 * @returns the proof, or `null` if what was given is wrong
 * @throws `unavailable` if too many passwords are being hashed; the attempt is not counted then
 */
export async function verifyGiven(
  services: Services,
  counted: Counted,
  now: number,
): Promise<Proof | null> {
  const { session, passwordHash, given, attempt, passkey, challenge } = counted;
  if ("passkey" in given) {
    const issued = { purpose: "confirm", boundTo: boundToSession(session) } as const;
    return passkey && await provePasskey(services, given, passkey, challenge, issued, now);
  }
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
