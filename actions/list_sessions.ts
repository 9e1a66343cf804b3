import { listSessions as list, type Session } from "../db/session/sessions.ts";
import { requireMember } from "../domain/standing.ts";
import type { Services } from "./services.ts";

/** The member's sessions, newest first. One trip. @throws `unauthenticated`, `withdrawal_pending` */
export async function listSessions({ db }: Services, secret: string, now: number) {
  const { session, sessions } = await list(db, secret, now);
  return { session: requireMember<Session>(session), sessions };
}
