import { listSessions as list, type Session } from "../db/session/sessions.ts";
import { requireMember } from "../domain/standing.ts";
import type { Services } from "./services.ts";

/**
 * Lists the member's sessions, newest first. One round trip.
 * @param secret the secret of the session that asks
 * @param now ms
 * @returns the session that asks, and all sessions of its member
 * @throws `unauthenticated`, `withdrawal_pending`, `unavailable`
 */
export async function listSessions({ db }: Services, secret: string, now: number) {
  const { session, sessions } = await list(db, secret, now);
  return { session: requireMember<Session>(session), sessions };
}
