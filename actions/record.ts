import { findSession, type Session } from "../db/session/sessions.ts";
import { requireMember } from "../domain/standing.ts";
import type { Services } from "./services.ts";

/** The member behind a live session. One trip. @throws `unauthenticated`, `withdrawal_pending` */
export async function record({ db }: Services, secret: string, now: number): Promise<Session> {
  return requireMember(await findSession(db, secret, now));
}

/** The session, or `null` where it is over. One trip. */
export async function whoAsks(
  { db }: Services,
  secret: string,
  now: number,
): Promise<Session | null> {
  return await findSession(db, secret, now);
}
