import { findSession, type Session } from "../db/session/sessions.ts";
import { requireMember } from "../domain/standing.ts";
import { loadStanding } from "./prove.ts";
import type { Services } from "./services.ts";

/**
 * Finds a live session and its member. One round trip.
 * @param now ms
 * @throws `unauthenticated`, `withdrawal_pending`, `unavailable`
 */
export async function record({ db }: Services, secret: string, now: number): Promise<Session> {
  return requireMember(await findSession(db, secret, now));
}

/**
 * Finds a live session, its member, and the names of the member's credentials. One round trip.
 * @param now ms
 * @throws `unauthenticated`, `withdrawal_pending`, `unavailable`
 */
export async function recordWithCredentials(
  services: Services,
  secret: string,
  now: number,
): Promise<{ session: Session; credentials: string[] }> {
  const { session, credentials } = await loadStanding(services, secret, now);
  return { session: requireMember(session), credentials };
}

/**
 * Finds a session, also one whose member has a pending withdrawal. One round trip.
 * @param now ms
 * @returns the session, or `null` if it is over
 * @throws `unavailable`
 */
export async function currentSession(
  { db }: Services,
  secret: string,
  now: number,
): Promise<Session | null> {
  return await findSession(db, secret, now);
}
