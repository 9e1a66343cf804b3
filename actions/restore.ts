import { restoreMember } from "../db/leaving/withdrawals.ts";
import type { AuditEntry } from "../db/operate/audit.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { requireSession } from "../domain/standing.ts";
import type { Services } from "./services.ts";

/**
 * Takes the member's pending withdrawal back. One trip.
 * @throws `unauthenticated`; `conflict` when nothing is pending or the deadline has passed; `unavailable`
 */
export async function restore(
  { config, db }: Services,
  secret: string,
  now: number,
): Promise<Session> {
  const member = memberOfSession(secret, now);
  const beside = [selectSession(secret, now)];
  const outcome = await restoreMember(db, member, config.recipients, now, { beside });
  const session = requireSession(toSession(outcome.beside[0]!));
  if (outcome.restored) return session;
  throw new AppError("conflict", { sentence: "nothing_pending", memberId: session.member.id });
}

/** The same as an operator's act. False: nothing is pending, or the deadline has passed. */
export async function restoreByOperator(
  { config, db }: Services,
  memberId: string,
  audit: AuditEntry,
  now: number,
): Promise<boolean> {
  const member = { sql: ":member_id", values: { member_id: memberId } };
  const { restored } = await restoreMember(db, member, config.recipients, now, { audit });
  return restored;
}
