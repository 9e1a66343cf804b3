import { type Addressee, findAddressee } from "../db/identity/members.ts";
import { restoreMember } from "../db/leaving/withdrawals.ts";
import type { AuditEntry } from "../db/operate/audit.ts";
import type { MailCondition } from "../db/outbox/mails.ts";
import {
  findSession,
  memberOfSession,
  selectSession,
  type Session,
  toSession,
} from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { requireSession } from "../domain/standing.ts";
import { mailStatements } from "./mail.ts";
import type { Services } from "./services.ts";

/**
 * Cancels the member's pending withdrawal. One round trip; two with mail, because the member is told.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`; `conflict` if nothing is pending or the deadline has passed; `unavailable`
 */
export async function restore(
  services: Services,
  secret: string,
  now: number,
): Promise<Session> {
  const { config, db } = services;
  const told = config.mail && requireSession(await findSession(db, secret, now)).member;
  const member = memberOfSession(secret, now);
  const beside = selectSession(secret, now);
  const outcome = await restoreMember(db, member, config.recipients, now, {
    beside,
    also: tell(services, told, now),
  });
  const session = requireSession(toSession(outcome.beside!));
  if (outcome.restored) return session;
  throw new AppError("conflict", { sentence: "nothing_pending", memberId: session.member.id });
}

/** Makes the statements that tell a member that the withdrawal was cancelled. */
function tell(services: Services, member: Addressee | null, now: number) {
  return (done: MailCondition) =>
    member ? mailStatements(services, { kind: "restored", member }, now, done) : [];
}

/**
 * Cancels a member's pending withdrawal on behalf of an operator. One round trip; two with mail.
 * @param now ms
 * @returns false if nothing is pending or the deadline has passed
 * @throws `unavailable`
 */
export async function restoreByOperator(
  services: Services,
  memberId: string,
  audit: AuditEntry,
  now: number,
): Promise<boolean> {
  const { config, db, inventory } = services;
  const told = config.mail && inventory.subject.isOwn ? await findAddressee(db, memberId) : null;
  const member = { sql: ":member_id", values: { member_id: memberId } };
  const also = tell(services, told, now);
  const { restored } = await restoreMember(db, member, config.recipients, now, { audit, also });
  return restored;
}
