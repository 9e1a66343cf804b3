import { inboxHash } from "../crypto/identifiers.ts";
import { sealText } from "../crypto/sealed_text.ts";
import { newId } from "../crypto/tokens.ts";
import type { InStatement } from "../db/engine/database.ts";
import { insertMail, insertNotice, type MailCondition } from "../db/outbox/mails.ts";
import { countIf } from "../db/session/attempts.ts";
import type { MailContent, MailKind } from "../domain/mail.ts";
import type { Member } from "../domain/member.ts";
import { noticeAttempt } from "../domain/throttle.ts";
import type { Services } from "./services.ts";

/** Mails that somebody asked for, which `countMailTo` limits. All others are notices. */
const asked: readonly MailKind[] = [
  "verification",
  "recovery",
  "leave",
  "email_change",
  "already_member",
];

/** A notice to a member. */
export interface Notice {
  kind: MailKind;
  member: Pick<Member, "id" | "name" | "email" | "language">;
  /** What the text shows besides the user id and the time. */
  details?: Partial<MailContent>;
  /** The mail's id, where a link is made of it. */
  id?: string;
}

/** Returns the member as somebody who can be told, or `null` for a member of another system. */
export function addresseeOf(
  { id, name, email, language }:
    & Omit<Notice["member"], "language">
    & Partial<Pick<Member, "language">>,
): Notice["member"] | null {
  return language ? { id, name, email, language } : null;
}

/**
 * Makes the statements that tell a member of something by mail, for the batch that makes it true.
 * @param now ms
 * @returns no statement if mail is off
 */
export function mailStatements(
  { config, writesMail }: Pick<Services, "config" | "writesMail">,
  { kind, member, details = {}, id = newId() }: Notice,
  now: number,
  done: MailCondition,
): InStatement[] {
  if (config.mail === null) return [];
  writesMail?.();
  const content: MailContent = {
    to: member.email,
    name: member.name,
    language: member.language,
    at: now,
    ...details,
  };
  const sealed = sealText(config.sessionSecrets, id, JSON.stringify(content));
  const mail = { id, kind, memberId: member.id, receiptId: details.receiptId ?? null, sealed };
  if (asked.includes(kind)) return [insertMail(mail, now, done)];
  const inbox = inboxHash(config.identifierKey, content.to);
  const attempt = noticeAttempt(inbox, config.throttleScale);
  const count = (condition: MailCondition) => countIf(condition, attempt, now);
  return insertNotice(mail, content.to, count, now, done);
}
