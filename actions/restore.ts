import { restoreMember } from "../db/leaving/withdrawals.ts";
import type { AuditEntry } from "../db/operate/audit.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { requireSession } from "../domain/standing.ts";
import type { Services } from "./services.ts";

/**
 * Cancels the member's pending withdrawal. One round trip.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`; `conflict` if nothing is pending or the deadline has passed; `unavailable`
 */
export async function restore(
  { config, db }: Services,
  secret: string,
  now: number,
): Promise<Session> {
  const member = memberOfSession(secret, now);
  const beside = selectSession(secret, now);
  const outcome = await restoreMember(db, member, config.recipients, now, { beside });
  const session = requireSession(toSession(outcome.beside!));
  if (outcome.restored) return session;
  throw new AppError("conflict", { sentence: "nothing_pending", memberId: session.member.id });
}

/**
 * Cancels a member's pending withdrawal on behalf of an operator. One round trip.
 * @param now ms
 * @returns false if nothing is pending or the deadline has passed
 * @throws `unavailable`
 */
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
