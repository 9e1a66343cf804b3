import type { ProviderConfig } from "../config/mod.ts";
import { type LinkedIdentity } from "../db/identity/identities.ts";
import { listIdentities, unlinkIdentity } from "../db/session/identities.ts";
import type { Session } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import type { GrantState } from "../domain/provider.ts";
import { requireMember } from "../domain/standing.ts";
import { mailStatements } from "./mail.ts";
import { requireFresh, vouchedFor } from "./providers.ts";
import type { Services } from "./services.ts";

/**
 * Lists the identities of the member of a live session. One round trip.
 * @param now ms
 * @throws `unauthenticated`, `withdrawal_pending`, `unavailable`
 */
export async function identities(
  { db }: Services,
  secret: string,
  now: number,
): Promise<{ session: Session; identities: LinkedIdentity[] }> {
  const found = await listIdentities(db, secret, now);
  return { session: requireMember(found.session), identities: found.identities };
}

/**
 * Unlinks an identity, and queues the end of the grant at its provider. Two round trips.
 * @param secret the secret of a fresh session
 * @param name of the provider; it need not be configured any more
 * @param now ms
 * @throws `unauthenticated`, `withdrawal_pending`, `confirmation_required`, `not_found`,
 *   `last_credential`, `unavailable`
 */
export async function unlinkProvider(
  services: Services,
  secret: string,
  name: ProviderConfig["name"],
  now: number,
): Promise<{ memberId: string; grant: GrantState }> {
  const { config, db } = services;
  const found = await identities(services, secret, now);
  const { member } = found.session;
  requireFresh(services, found.session, now);
  const identity = found.identities.find(({ provider }) => provider === name);
  if (!identity) throw new AppError("not_found", { memberId: member.id });
  const notice = { kind: "provider_unlinked", member, details: { provider: name } } as const;
  const grant = await unlinkIdentity(db, {
    secret,
    identityId: identity.id,
    authenticatedSince: now - config.withdrawal.freshMs,
    vouched: vouchedFor(services, [identity]),
    now,
    also: (done) => mailStatements(services, notice, now, done),
  });
  if (!grant) throw new AppError("last_credential", { memberId: member.id });
  await db.truncateLog();
  return { memberId: member.id, grant };
}
