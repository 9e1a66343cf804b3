import {
  endOtherSessions as endOthers,
  endSession as end,
  type Session,
} from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { requireMember } from "../domain/standing.ts";
import type { Services } from "./services.ts";

/**
 * Ends one of the member's sessions. One round trip.
 * @param secret the secret of the session that asks
 * @param id the session to end
 * @param now ms
 * @returns `own`: whether the ended session is the one that asked; `session`: the session that asked
 * @throws `unauthenticated`, `withdrawal_pending`, `not_found`, `unavailable`
 */
export async function endSession(
  { db }: Services,
  secret: string,
  id: string,
  now: number,
): Promise<{ own: boolean; session: Session | null }> {
  const { session, ended } = await end(db, secret, id, now);
  // `session` is null if the batch arrived twice and ended the session that asked.
  if (ended) return { own: ended.own, session };
  throw new AppError("not_found", { memberId: requireMember(session).member.id });
}

/**
 * Ends the member's sessions on all other devices. One round trip.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`, `withdrawal_pending`, `unavailable`
 */
export async function endOtherSessions(
  { db }: Services,
  secret: string,
  now: number,
): Promise<Session> {
  return requireMember<Session>(await endOthers(db, secret, now));
}
