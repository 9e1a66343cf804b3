import type { ProviderConfig } from "../config/mod.ts";
import { sealText } from "../crypto/sealed_text.ts";
import { newId, newSecret, secretHash } from "../crypto/tokens.ts";
import { write } from "../db/engine/batch.ts";
import { findOwner, type LinkedIdentity, useAnswer } from "../db/identity/identities.ts";
import { countAttempt, requireCounted } from "../db/session/attempts.ts";
import { insertConfirmation, linkIdentity, listIdentities } from "../db/session/identities.ts";
import { freshenSession, type Session } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { endingMs, type Flow, flowMs, type Identity, type Purpose } from "../domain/provider.ts";
import { requireMember } from "../domain/standing.ts";
import { type Attempt, providerAttempt } from "../domain/throttle.ts";
import { isFresh } from "../domain/withdrawal.ts";
import {
  arrive,
  type Arrived,
  authorizationUrl,
  isNewAuthentication,
  issuerOf,
  Refused,
} from "../providers/mod.ts";
import { countMailTo, linkMailStatements } from "./link_mail.ts";
import { mailStatements } from "./mail.ts";
import { type Arrival, openSession, type SignedIn } from "./open_session.ts";
import type { Services } from "./services.ts";
import { mustVerify } from "./sign_in.ts";

/** Finds a configured provider. Throws `not_found`. */
export function providerOf({ config }: Services, name: string): ProviderConfig {
  const provider = config.providers.find((one) => one.name === name);
  if (!provider) throw new AppError("not_found");
  return provider;
}

/** A round trip that has begun, and the address to which it leads. */
export interface Departure {
  flow: Flow;
  url: string;
}

/**
 * Begins a round trip to a provider. No round trip to the database for a sign-in, one for the others.
 * @param name the configured name of the provider
 * @param begun `secret`: of the session that links or confirms; `redirectUri`: our callback
 * @param now ms
 * @throws `not_found`, `provider_failed`, and for a session `unauthenticated`, `withdrawal_pending`;
 *   to link `confirmation_required`, `conflict`
 */
export async function depart(
  services: Services,
  name: string,
  begun: { purpose: Purpose; secret: string | null; next: string | null; redirectUri: string },
  now: number,
): Promise<Departure> {
  const { purpose, secret, next, redirectUri } = begun;
  if (secret !== null) await requireAllowed(services, name, purpose, secret, now);
  const provider = providerOf(services, name);
  const flow: Flow = {
    state: newSecret(),
    provider: name,
    purpose,
    nonce: newSecret(),
    verifier: newSecret(),
    startedAt: now,
    next,
    session: secret && secretHash(secret),
  };
  const url = await authorizationUrl(provider, flow, redirectUri).catch((cause) => {
    throw new AppError("provider_failed", { cause });
  });
  return { flow, url };
}

async function requireAllowed(
  services: Services,
  name: string,
  purpose: Purpose,
  secret: string,
  now: number,
): Promise<void> {
  const found = await listIdentities(services.db, secret, now);
  const session = requireMember(found.session);
  const linked = found.identities.some((identity) => identity.provider === name);
  const memberId = session.member.id;
  if (purpose === "confirm" && !linked) throw new AppError("not_found", { memberId });
  if (purpose !== "link") return;
  requireFresh(services, session, now);
  if (linked) throw new AppError("conflict", { sentence: "provider_linked_already", memberId });
}

/** Throws `confirmation_required` if the session's last proof is too old. */
export function requireFresh({ config }: Services, session: Session, now: number): void {
  if (isFresh(session, config.withdrawal, now)) return;
  const memberId = session.member.id;
  throw new AppError("confirmation_required", { confirm: "password", memberId });
}

/** What a provider answered, and where. */
export interface ProviderAnswer {
  flow: Flow;
  /** Parameters of the callback. */
  parameters: URLSearchParams;
  redirectUri: string;
  /** Keyed hash of the client's network. */
  client: string;
}

/** A round trip that has come back, and the attempt that was counted. */
export interface Landed extends Arrived {
  flow: Flow;
  attempt: Attempt;
}

/**
 * Takes the answer to a round trip, once. One round trip to the database, and those to the provider.
 * @param now ms
 * @throws `provider_expired` if it is too late or was used before, `provider_declined`,
 *   `provider_failed`, `throttled`, `unavailable`
 */
export async function land(
  { config, db }: Services,
  provider: ProviderConfig,
  { flow, parameters, redirectUri, client }: ProviderAnswer,
  now: number,
): Promise<Landed> {
  if (now >= flow.startedAt + flowMs) throw new AppError("provider_expired");
  const attempt = providerAttempt(client, config.throttleScale);
  const { used, counted } = await write(db, {
    used: useAnswer(flow.state, newId(), now),
    counted: countAttempt(attempt, now),
  });
  if (used.rows.length === 0) throw new AppError("provider_expired");
  requireCounted(attempt, counted, now);
  try {
    return { ...await arrive(provider, flow, parameters, redirectUri, now), flow, attempt };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const code = error.why === "declined" ? "provider_declined" : "provider_failed";
    throw new AppError(code, { cause: error.cause });
  }
}

/**
 * Signs in the member of an identity. Two round trips.
 * @param arrival `knows`: whether this login name has signed in on this device before
 * @param now ms
 * @returns `null` if no member has the identity
 * @throws `unverified` if the address has to be verified first, after the link was mailed; `unavailable`
 */
export async function signInWithProvider(
  services: Services,
  { profile, attempt }: Landed,
  arrival: Arrival & { knows: (name: string) => Promise<boolean> },
  now: number,
): Promise<SignedIn | null> {
  const { config, db } = services;
  const { issuer, subject } = profile;
  const member = await findOwner(db, { issuer, subject });
  if (!member) return null;
  if (mustVerify(config, member)) {
    const { count, allowed } = countMailTo(services, member.email, now);
    const mail = { kind: "verification", member } as const;
    await write(db, { count, send: linkMailStatements(services, mail, now, allowed) });
    throw new AppError("unverified", { memberId: member.id });
  }
  const opening = {
    proof: { by: "provider", issuer, subject } as const,
    member: { id: member.id, name: member.name },
    attempt,
    newDeviceOf: await arrival.knows(member.name) ? null : member,
  };
  return await openSession(services, opening, arrival, now);
}

/** Throws `provider_expired` unless the session that comes back is the one that began the round trip. */
function requireSameSession(flow: Flow, secret: string): void {
  if (flow.session !== secretHash(secret)) throw new AppError("provider_expired");
}

/**
 * Links an identity to the member of the session that began the round trip. Two round trips.
 * @param secret the secret of the session that asks
 * @param now ms
 * @returns the member's id
 * @throws `unauthenticated`, `withdrawal_pending`, `provider_expired`, `conflict` if another member has the
 *   identity or this member has one there, `unavailable`
 */
export async function linkProvider(
  services: Services,
  provider: ProviderConfig,
  { flow, profile }: Landed,
  secret: string,
  now: number,
): Promise<string> {
  requireSameSession(flow, secret);
  const { config, db } = services;
  const { member } = requireMember((await listIdentities(db, secret, now)).session);
  const notice = { kind: "provider_linked", member, details: { provider: provider.name } } as const;
  const { linked, owner } = await linkIdentity(db, {
    secret,
    identity: profile,
    provider: provider.name,
    authenticatedSince: flow.startedAt - config.withdrawal.freshMs,
    now,
    also: (done) => mailStatements(services, notice, now, done),
  });
  if (linked) return member.id;
  const sentence = owner !== null && owner !== member.id
    ? "identity_taken"
    : "provider_linked_already";
  throw new AppError("conflict", { sentence, memberId: member.id });
}

/**
 * Makes the session that began the round trip fresh, under a new secret, and keeps what can end the grant
 * sealed as long as the session is fresh, for a withdrawal. Two round trips.
 * @param secret the secret of the session that asks
 * @param now ms
 * @returns the new secret, and the member's id
 * @throws `unauthenticated`, `withdrawal_pending`, `provider_expired`, `confirmation_failed` if the provider
 *   did not authenticate again or somebody else did, `unavailable`
 */
export async function confirmWithProvider(
  services: Services,
  provider: ProviderConfig,
  { flow, profile, tokens, canEnd, attempt }: Landed,
  secret: string,
  now: number,
): Promise<{ secret: string; memberId: string }> {
  requireSameSession(flow, secret);
  const { config, db } = services;
  const found = await listIdentities(db, secret, now);
  const memberId = requireMember(found.session).member.id;
  const identity = found.identities.find((one) => isSame(one, profile));
  if (!identity || !isNewAuthentication(provider, profile, flow)) {
    throw new AppError("confirmation_failed", { memberId });
  }
  const newOne = newSecret();
  const sealed = canEnd
    ? sealText(config.sessionSecrets, identity.id, JSON.stringify({ tokens }))
    : null;
  const { issuer, subject } = identity;
  const also = insertConfirmation({
    id: newId(),
    secret: newOne,
    identity: { issuer, subject },
    sealed,
    now,
    expiresAt: now + Math.min(config.withdrawal.freshMs, endingMs),
  });
  const proof = { by: "provider", issuer, subject } as const;
  const freshening = { secret, newSecret: newOne, proof, attempt, now, also };
  if (!await freshenSession(db, freshening)) throw new AppError("unauthenticated");
  return { secret: newOne, memberId };
}

function isSame(one: Identity, other: Identity): boolean {
  return one.issuer === other.issuer && one.subject === other.subject;
}

/**
 * Seals what ends the grants of these identities without a token, by the id of the identity: for Kakao the
 * member's id there, if an admin key is configured.
 */
export function vouchedFor(
  { config }: Pick<Services, "config">,
  identities: readonly Pick<LinkedIdentity, "id" | "provider" | "issuer" | "subject">[],
): Record<string, string> {
  const own = identities.flatMap(({ id, provider, issuer, subject }) => {
    const found = config.providers.find(({ name }) => name === provider);
    if (!found?.adminKey || issuerOf(found) !== issuer) return [];
    return [[id, sealText(config.sessionSecrets, id, JSON.stringify({ subject }))] as const];
  });
  return Object.fromEntries(own);
}
