import { read, write } from "../db/engine/batch.ts";
import type { InStatement } from "../db/engine/database.ts";
import {
  insertConsent,
  revokeConsent,
  selectConsents,
  toConsents,
} from "../db/identity/consents.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../db/session/sessions.ts";
import { type ConsentState, consentStates, lacksConsent } from "../domain/consent.ts";
import { AppError } from "../domain/error.ts";
import { requireMember } from "../domain/standing.ts";
import type { Services } from "./services.ts";

/**
 * Lists what members are asked to agree to, and what this member has said. One round trip.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`, `withdrawal_pending`, `unavailable`
 */
export async function listConsents(
  { config, db }: Services,
  secret: string,
  now: number,
): Promise<{ session: Session; consents: ConsentState[] }> {
  const { found, given } = await read(db, {
    found: selectSession(secret, now),
    given: selectConsents(memberOfSession(secret, now)),
  });
  const session = requireMember<Session>(toSession(found));
  return { session, consents: consentStates(config.consents, toConsents(given)) };
}

/**
 * Gives or revokes a consent. Two round trips, because a pending withdrawal refuses it.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`, `withdrawal_pending`, `not_found` for a name that is not asked for, `conflict`
 *   for a required one that would be revoked, `unavailable`
 */
export async function changeConsent(
  services: Services,
  secret: string,
  name: string,
  agreed: boolean,
  now: number,
): Promise<Session> {
  const { config, db } = services;
  const { session } = await listConsents(services, secret, now);
  const consent = config.consents.find((one) => one.name === name);
  if (!consent) throw new AppError("not_found", { memberId: session.member.id });
  if (!agreed && consent.required) throw new AppError("conflict", { sentence: "consent_needed" });
  const member = memberOfSession(secret, now);
  await write(db, {
    change: agreed ? insertConsent(member, consent, now) : revokeConsent(member, name, now),
  });
  return session;
}

/** Throws `invalid` if a required consent is not among these names. */
export function requireConsents({ config }: Services, names: readonly string[]): void {
  if (lacksConsent(config.consents, names)) {
    throw new AppError("invalid", { fields: { consents: "required" } });
  }
}

/** Makes the statements that add the consents of a new member. They depend on the member's row. */
export function givenConsents(
  { config }: Services,
  memberId: string,
  names: readonly string[],
  now: number,
): InStatement[] {
  const member = { sql: ":consenting", values: { consenting: memberId } };
  return config.consents.filter(({ name }) => names.includes(name))
    .map((consent) => insertConsent(member, consent, now));
}
