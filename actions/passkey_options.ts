import { identifiersOf } from "../crypto/identifiers.ts";
import { newSecret, sha256 } from "../crypto/tokens.ts";
import { algorithms } from "../crypto/webauthn.ts";
import { read, write } from "../db/engine/batch.ts";
import { insertChallenge } from "../db/identity/challenges.ts";
import { selectState, toState } from "../db/identity/members.ts";
import { type Passkey, selectPasskeys, toPasskeys } from "../db/identity/passkeys.ts";
import { countAttempt, requireCounted } from "../db/session/attempts.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import type { Member } from "../domain/member.ts";
import { challengeMs, passkeysPerMember, type RelyingParty } from "../domain/passkey.ts";
import { requireMember } from "../domain/standing.ts";
import { type Attempt, passkeyAttempt, registrationAttempt } from "../domain/throttle.ts";
import { isFresh } from "../domain/withdrawal.ts";
import type { Services } from "./services.ts";

/** A credential that is named to the browser. */
interface Named {
  type: "public-key";
  id: string;
  transports: string[];
}

/** `PublicKeyCredentialCreationOptionsJSON` of WebAuthn Level 3. */
export interface CreationOptions {
  rp: { id: string; name: string };
  user: { id: string; name: string; displayName: string };
  challenge: string;
  pubKeyCredParams: { type: "public-key"; alg: number }[];
  timeout: number;
  excludeCredentials: Named[];
  authenticatorSelection: {
    residentKey: "required";
    requireResidentKey: true;
    userVerification: "required";
  };
  attestation: "none";
  extensions: { credProps: true };
}

/** `PublicKeyCredentialRequestOptionsJSON` of WebAuthn Level 3. */
export interface RequestOptions {
  challenge: string;
  timeout: number;
  rpId: string;
  userVerification: "required";
  /** Without it the authenticator offers the members that it knows. */
  allowCredentials?: Named[];
}

/**
 * Issues the options to sign in without a user id. One round trip.
 * @param client keyed hash of the client's network
 * @param now ms
 * @throws `throttled`, `unavailable`
 */
export async function optionsToSignIn(
  { config, db }: Services,
  party: RelyingParty,
  client: string,
  now: number,
): Promise<RequestOptions> {
  const attempt = passkeyAttempt("challenge", client, config.throttleScale);
  const challenge = newSecret();
  const issued = { challenge, purpose: "sign_in", boundTo: null, userHandle: null } as const;
  const { counted } = await write(db, {
    counted: countAttempt(attempt, now),
    issue: insertChallenge(issued, now, isCounted(attempt)),
  });
  requireCounted(attempt, counted, now);
  return requestOptions(challenge, party);
}

/**
 * Issues the options to register with a passkey. They are bound to user id and e-mail. One round trip.
 * @param client keyed hash of the client's network
 * @param now ms
 * @throws `conflict` if name or e-mail is taken or blocked, `throttled`, `unavailable`
 */
export async function optionsToRegister(
  { config, db }: Services,
  party: RelyingParty,
  { name, email, client }: Pick<Member, "name" | "email"> & { client: string },
  now: number,
): Promise<CreationOptions> {
  const attempt = registrationAttempt(client, config.throttleScale);
  const blocks = identifiersOf(config.identifierKey, { name, email });
  const shared = config.emailVerification === "required";
  const challenge = newSecret();
  const userHandle = newSecret();
  const boundTo = boundToNames(blocks);
  const issued = { challenge, purpose: "register", boundTo, userHandle } as const;
  const { counted, state } = await write(db, {
    counted: countAttempt(attempt, now),
    issue: insertChallenge(issued, now, isCounted(attempt)),
    state: selectState("", { name, email, blocks, shared }, now),
  });
  requireCounted(attempt, counted, now);
  if (!toState(state).free) throw new AppError("conflict", { sentence: "taken" });
  return creationOptions(challenge, userHandle, name, [], party);
}

/**
 * Issues the options to confirm with a passkey, bound to the session. Two round trips.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`, `withdrawal_pending`, `conflict` if the member has no passkey, `throttled`,
 *   `unavailable`
 */
export async function optionsToConfirm(
  services: Services,
  party: RelyingParty,
  secret: string,
  now: number,
): Promise<RequestOptions> {
  const { session, passkeys } = await loadPasskeys(services, secret, now);
  const memberId = session.member.id;
  if (passkeys.length === 0) throw new AppError("conflict", { sentence: "no_passkey", memberId });
  const challenge = await issueTo(services, session, "confirm", null, now);
  return { ...requestOptions(challenge, party), allowCredentials: passkeys.map(named) };
}

/**
 * Issues the options to add a passkey, bound to the session. Two round trips.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`, `withdrawal_pending`, `confirmation_required` if the session is not fresh,
 *   `conflict` if the member has too many passkeys, `throttled`, `unavailable`
 */
export async function optionsToAdd(
  services: Services,
  party: RelyingParty,
  secret: string,
  now: number,
): Promise<CreationOptions> {
  const { session, passkeys } = await loadPasskeys(services, secret, now);
  requireFresh(services, session, now);
  const { id: memberId, name } = session.member;
  if (passkeys.length >= passkeysPerMember) {
    throw new AppError("conflict", { sentence: "passkeys_full", memberId });
  }
  const own = passkeys[0]?.userHandle ?? null;
  const userHandle = own ?? newSecret();
  // The handle of a member must not outlive the member here, so only a new one is kept.
  const challenge = await issueTo(services, session, "add", own === null ? userHandle : null, now);
  return creationOptions(challenge, userHandle, name, passkeys.map(named), party);
}

/** Returns what a challenge for a session is bound to. The session's id stays when its secret changes. */
export function boundToSession(session: Pick<Session, "id">): string {
  return sha256(`session:${session.id}`);
}

/** Returns what a challenge for a registration is bound to. `blocks`: keyed hashes of name and e-mail. */
export function boundToNames(blocks: readonly string[]): string {
  return sha256(`names:${blocks.join(":")}`);
}

/** Throws `confirmation_required` if the session is not fresh. */
export function requireFresh({ config }: Services, session: Session, now: number): void {
  if (isFresh(session, config.withdrawal, now)) return;
  throw new AppError("confirmation_required", {
    confirm: "password",
    memberId: session.member.id,
  });
}

/**
 * Loads a live session and the member's passkeys. One round trip.
 * @throws `unauthenticated`, `withdrawal_pending`, `unavailable`
 */
async function loadPasskeys(
  { db }: Services,
  secret: string,
  now: number,
): Promise<{ session: Session; passkeys: Passkey[] }> {
  const { found, passkeys } = await read(db, {
    found: selectSession(secret, now),
    passkeys: selectPasskeys(memberOfSession(secret, now)),
  });
  return { session: requireMember(toSession(found)), passkeys: toPasskeys(passkeys) };
}

/** Stores a challenge for a session. */
async function issueTo(
  { config, db }: Services,
  session: Session,
  purpose: "confirm" | "add",
  userHandle: string | null,
  now: number,
): Promise<string> {
  const boundTo = boundToSession(session);
  const attempt = passkeyAttempt("challenge", boundTo, config.throttleScale);
  const challenge = newSecret();
  const { counted } = await write(db, {
    counted: countAttempt(attempt, now),
    issue: insertChallenge({ challenge, purpose, boundTo, userHandle }, now, isCounted(attempt)),
  });
  requireCounted(attempt, counted, now);
  return challenge;
}

/** SQL for whether an attempt was counted, so that strangers cannot fill the table. */
function isCounted({ id, subjects }: Attempt) {
  return {
    sql: "EXISTS (SELECT 1 FROM attempts WHERE subject = :counted_subject AND id = :counted_id)",
    values: { counted_subject: subjects.at(-1)!.subject, counted_id: id },
  };
}

function requestOptions(challenge: string, { id }: RelyingParty): RequestOptions {
  return { challenge, timeout: challengeMs, rpId: id, userVerification: "required" };
}

function creationOptions(
  challenge: string,
  userHandle: string,
  name: string,
  excludeCredentials: Named[],
  { id, name: service }: RelyingParty,
): CreationOptions {
  return {
    rp: { id, name: service },
    user: { id: userHandle, name, displayName: name },
    challenge,
    pubKeyCredParams: algorithms.map((alg) => ({ type: "public-key", alg })),
    timeout: challengeMs,
    excludeCredentials,
    authenticatorSelection: {
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    },
    attestation: "none",
    extensions: { credProps: true },
  };
}

function named({ credentialId, transports }: Passkey): Named {
  return { type: "public-key", id: credentialId, transports };
}
