import { endSession as end, type Session } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { requireMember } from "../domain/standing.ts";
import type { Services } from "./services.ts";

/**
 * Ends one of the member's own sessions. One trip.
 * @returns whether it was the session that asked; `session` is `null` when that is over
 * @throws `unauthenticated`, `withdrawal_pending`, `not_found`, `unavailable`
 */
export async function endSession(
  { db }: Services,
  secret: string,
  id: string,
  now: number,
): Promise<{ own: boolean; session: Session | null }> {
  const { session, ended } = await end(db, secret, id, now);
  // A batch that arrived twice no longer finds the session that it ended.
  if (ended) return { own: ended.own, session };
  throw new AppError("not_found", { memberId: requireMember(session).member.id });
}
