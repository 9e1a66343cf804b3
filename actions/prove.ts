import { secretHash } from "../crypto/tokens.ts";
import { read, write } from "../db/engine/batch.ts";
import { type Challenge, selectChallenge, toChallenge } from "../db/identity/challenges.ts";
import { type PasskeyRecord, selectPasskey, toPasskey } from "../db/identity/passkeys.ts";
import { selectPassword, toHash } from "../db/identity/passwords.ts";
import { countAttempt, dropAttempt, requireCounted } from "../db/session/attempts.ts";
import { memberOfSession } from "../db/session/sessions.ts";
import { selectStanding, type Standing, toStanding } from "../db/session/standing.ts";
import { challengeIn } from "../domain/passkey.ts";
import type { Proof } from "../domain/proof.ts";
import { AppError } from "../domain/error.ts";
import { type Attempt, confirmationAttempt } from "../domain/throttle.ts";
import { boundToSession } from "./passkey_options.ts";
import type { Services } from "./services.ts";
import { type GivenPasskey, provePasskey } from "./verify_passkey.ts";

/** What a member gives in a live session to prove who they are. */
export type Given = { password: string } | GivenPasskey;

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
  const { found } = await read(db, { found: selectStanding(secret, now) });
  return requireStanding(toStanding(found, config.providers));
}

/** Returns the standing. Throws `unauthenticated` if there is none. Allows a pending withdrawal. */
export function requireStanding(standing: Standing | null): Standing {
  if (!standing) throw new AppError("unauthenticated");
  return standing;
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
  const assertion = "passkey" in given ? given.passkey : null;
  const found = await write(db, {
    counted: countAttempt(attempt, now, secretHash(secret)),
    standing: selectStanding(secret, now),
    password: selectPassword(memberOfSession(secret, now)),
    passkey: selectPasskey(assertion && assertion.id),
    challenge: selectChallenge(assertion && challengeIn(assertion), "confirm", now),
  });
  const standing = requireStanding(toStanding(found.standing, config.providers));
  requireCounted(attempt, found.counted, now);
  const passkey = toPasskey(found.passkey);
  return {
    ...standing,
    attempt,
    given,
    passwordHash: toHash(found.password),
    passkey: passkey?.member.id === standing.session.member.id ? passkey : null,
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
