import { nameHash } from "../crypto/identifiers.ts";
import { newSecret } from "../crypto/tokens.ts";
import type { AuditEntry } from "../db/operate/audit.ts";
import { createLink, findLink, type FoundLink, recover as useLink } from "../db/session/links.ts";
import type { MailCondition } from "../db/outbox/mails.ts";
import { AppError } from "../domain/error.ts";
import { recoveryMs } from "../domain/mail.ts";
import { passwordProblem } from "../domain/password.ts";
import { signInAttempt } from "../domain/throttle.ts";
import { mailStatements } from "./mail.ts";
import { serviceNames, type Services } from "./services.ts";

/**
 * Makes a recovery link for a member, on behalf of an operator.
 * @param now ms
 * @returns the token of the link, which is not stored; `null` if no member has this id
 * @throws `unavailable`
 */
export async function makeRecoveryLink(
  { db }: Services,
  memberId: string,
  audit: AuditEntry,
  now: number,
): Promise<string | null> {
  const token = newSecret();
  const link = { purpose: "recovery", memberId, token, now, lifeMs: recoveryMs, audit } as const;
  return await createLink(db, link) ? token : null;
}

/**
 * Finds the member of a recovery link. One round trip.
 * @param now ms
 * @throws `not_found` if the link is unknown, used or expired; `unavailable`
 */
export async function findRecovery(
  { db }: Services,
  token: string,
  now: number,
): Promise<FoundLink> {
  const found = await findLink(db, ["recovery"], token, now);
  if (!found || found.used) throw new AppError("not_found", { sentence: "link_over" });
  return found;
}

/**
 * Sets a new password with a recovery link, and ends all of the member's sessions. Two round trips.
 * @param now ms
 * @returns the member's id
 * @throws `not_found`, `invalid` if the password is not allowed, `unavailable`
 */
export async function recover(
  services: Services,
  token: string,
  form: { password: string; client: string },
  now: number,
): Promise<string> {
  const { config, db, passwords } = services;
  const member = await findRecovery(services, token, now);
  const problem = passwordProblem(
    form.password,
    { ...member, service: serviceNames(services) },
    config.password.minLength,
  );
  if (problem) throw new AppError("invalid", { fields: { password: problem } });

  const account = nameHash(config.identifierKey, member.name);
  const attempt = signInAttempt(account, form.client, null, config.throttleScale);
  const hash = await passwords.hash(form.password);
  const notice = {
    kind: "password_changed",
    member: { ...member, id: member.memberId },
  } as const;
  const link = {
    link: member,
    token,
    newHash: hash,
    attempt,
    also: (done: MailCondition) => mailStatements(services, notice, now, done),
  };
  const recovered = await useLink(db, link, now);
  if (!recovered) throw new AppError("not_found", { sentence: "link_over" });
  return member.memberId;
}
