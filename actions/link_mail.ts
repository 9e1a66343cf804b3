import { inboxHash } from "../crypto/identifiers.ts";
import { linkToken, newId } from "../crypto/tokens.ts";
import type { InStatement } from "../db/engine/database.ts";
import type { Fragment } from "../db/engine/source.ts";
import { countAttempt } from "../db/session/attempts.ts";
import { insertLink } from "../db/session/links.ts";
import { findSession } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { type linkPaths, recoveryMs } from "../domain/mail.ts";
import type { LinkPurpose } from "../domain/proof.ts";
import { requireMember } from "../domain/standing.ts";
import { mailToAttempt } from "../domain/throttle.ts";
import { mailStatements, type Notice } from "./mail.ts";
import type { Services } from "./services.ts";

const dayMs = 24 * 60 * 60_000;

/** What the link of each mail is for, and how long it works, ms. A link to leave also sets a password. */
const links: Record<keyof typeof linkPaths, { purpose: LinkPurpose; lifeMs: number }> = {
  verification: { purpose: "verification", lifeMs: dayMs },
  recovery: { purpose: "recovery", lifeMs: recoveryMs },
  leave: { purpose: "recovery", lifeMs: recoveryMs },
  email_change: { purpose: "email", lifeMs: dayMs },
  email_changed: { purpose: "email_undo", lifeMs: 7 * dayMs },
};

/** A mail with a link. */
export interface LinkMail {
  kind: keyof typeof linkPaths;
  member: Notice["member"];
  /** Where it goes, and the address that the link verifies, sets or restores. Default: the member's. */
  to?: string;
  /** That of the mail and of the link. */
  id?: string;
}

/**
 * Makes the statements that store a link and mail it. The token is made of the mail's id when the mail is
 * sent, so only its hash is stored.
 * @param now ms
 * @param done SQL for whether the batch did what the mail is about, and its values
 * @returns no statement if mail is off
 */
export function linkMailStatements(
  services: Services,
  { kind, member, to = member.email, id = newId() }: LinkMail,
  now: number,
  done: Fragment,
): InStatement[] {
  const { config } = services;
  if (config.mail === null) return [];
  const token = linkToken(config.identifierKey, id);
  const link = { id, token, memberId: member.id, address: to, ...links[kind] };
  const stored = { sql: "EXISTS (SELECT 1 FROM links WHERE id = :link)", values: { link: id } };
  return [
    insertLink(link, now, done),
    ...mailStatements(services, { kind, member, details: { to }, id }, now, stored),
  ];
}

/**
 * Counts a mail that somebody asked for against the limits of its address.
 * @param now ms
 * @returns the statements that count it, and SQL for whether it may be sent
 */
export function countMailTo(
  { config }: Pick<Services, "config">,
  to: string,
  now: number,
): { count: InStatement[]; allowed: Fragment } {
  const inbox = inboxHash(config.identifierKey, to);
  const attempt = mailToAttempt(inbox, config.throttleScale);
  return {
    count: countAttempt(attempt, now),
    allowed: {
      sql: "EXISTS (SELECT 1 FROM attempts WHERE subject = :mail_subject AND id = :mail_attempt)",
      values: { mail_subject: attempt.subjects.at(-1)!.subject, mail_attempt: attempt.id },
    },
  };
}

/**
 * Checks that mail is on, for a request in a session. Only a live session learns that it is off.
 * @param now ms
 * @throws as `requireMail`, and `unauthenticated`, `withdrawal_pending`, `unavailable`
 */
export async function requireMailIn(
  services: Services,
  secret: string,
  now: number,
): Promise<void> {
  if (services.config.mail !== null) return;
  requireMember(await findSession(services.db, secret, now));
  requireMail(services);
}

/** Throws `not_found`, with a sentence that says why, if mail is off. */
export function requireMail({ config }: Pick<Services, "config">): void {
  if (config.mail === null) throw new AppError("not_found", { sentence: "no_mail" });
}
