import { endSession as end } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { requireMember } from "../domain/standing.ts";
import type { Services } from "./services.ts";

/**
 * Ends one of the member's own sessions. One trip.
 * @returns whether it was the session that asked
 * @throws `unauthenticated`, `withdrawal_pending`, `not_found`, `unavailable`
 */
export async function endSession(
  { db }: Services,
  secret: string,
  id: string,
  now: number,
): Promise<{ own: boolean; memberId: string }> {
  const { session, ended } = await end(db, secret, id, now);
  const memberId = requireMember(session).member.id;
  if (!ended) throw new AppError("not_found", { memberId });
  return { own: ended.own, memberId };
}
