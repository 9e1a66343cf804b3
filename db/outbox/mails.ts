import { type MailKind, mailRetryForMs } from "../../domain/mail.ts";
import { fold } from "../../domain/member.ts";
import type { InStatement } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";

/** The `recipient` of all mails: failures of the transport are noted under it. */
export const mailRecipient = "mail";

/** A mail to write into the outbox. */
export interface NewMail {
  /** Random; the same in every try. `Message-ID` and the token of the link are made of it. */
  id: string;
  kind: MailKind;
  memberId: string;
  receiptId: string | null;
  /** `MailContent` as JSON, sealed. */
  sealed: string;
}

/** SQL for whether the batch did what the mail tells of, and its values. */
export interface MailCondition extends Fragment {
  /** SQL for the number of the receipt, where only the batch knows it. */
  receiptId?: string;
}

/** SQL: the member has verified the address whose key is `:mail_address`. Not after the member is erased. */
const isVerified = `EXISTS (SELECT 1 FROM users
  WHERE id = :mail_member AND email_key = :mail_address AND email_verified_at IS NOT NULL)`;

/** SQL: another member has. */
const isVerifiedByAnother = `EXISTS (SELECT 1 FROM users
  WHERE id <> :mail_member AND email_key = :mail_address AND email_verified_at IS NOT NULL)`;

/**
 * Makes the statements that write a notice into the outbox. An address that nobody has verified may be a
 * stranger's, so its notices are limited. One that another member has verified gets none.
 * @param address where the mail goes
 * @param countIf makes the statement that counts the notice under a condition, and SQL for whether it was
 * @param now ms
 */
export function insertNotice(
  mail: NewMail,
  address: string,
  countIf: (condition: MailCondition) => { count: InStatement; counted: MailCondition },
  now: number,
  done: MailCondition,
): InStatement[] {
  const values = { ...done.values, mail_member: mail.memberId, mail_address: fold(address) };
  const tells = `${done.sql} AND NOT ${isVerifiedByAnother}`;
  const { count, counted } = countIf({ sql: `${tells} AND NOT ${isVerified}`, values });
  const sql = `${tells} AND (${isVerified} OR ${counted.sql})`;
  return [
    count,
    insertMail(mail, now, { ...done, sql, values: { ...values, ...counted.values } }),
  ];
}

/**
 * Makes the row of a mail, for the batch that makes it true.
 * @param now ms
 */
export function insertMail(mail: NewMail, now: number, done: MailCondition): InStatement {
  return {
    sql: `
      INSERT INTO outbox
        (id, channel, recipient, member_id, receipt_id, type, sealed, created_at, next_at, retry_until)
      SELECT :mail_id, 'mail', '${mailRecipient}', :mail_member,
        coalesce(:mail_receipt, ${done.receiptId ?? "NULL"}), :mail_kind, :mail_sealed,
        :mail_now, :mail_now, :mail_until
      WHERE ${done.sql}
      ON CONFLICT DO NOTHING`,
    args: {
      mail_id: mail.id,
      mail_member: mail.memberId,
      mail_receipt: mail.receiptId,
      mail_kind: mail.kind,
      mail_sealed: mail.sealed,
      mail_now: now,
      mail_until: now + mailRetryForMs(mail.kind),
      ...done.values,
    },
  };
}

/** Makes the statement that takes a mail back in the batch that wrote it. `null`: none. */
export function dropMail(id: string | null): InStatement {
  return { sql: "DELETE FROM outbox WHERE id = ?", args: [id] };
}
