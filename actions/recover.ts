import { nameHash } from "../crypto/identifiers.ts";
import { newSecret } from "../crypto/tokens.ts";
import type { AuditEntry } from "../db/operate/audit.ts";
import {
  createLink,
  findLink,
  type FoundLink,
  recover as useLink,
  recoveryMs,
} from "../db/session/links.ts";
import { AppError } from "../domain/error.ts";
import { passwordProblem } from "../domain/password.ts";
import { signInAttempt } from "../domain/throttle.ts";
import type { Services } from "./services.ts";

/**
 * Makes a recovery link as an operator's act.
 * @returns the token, which only this caller sees; `null` when no member has this id
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

/** Whose recovery link it is. @throws `not_found` for a link that is unknown, used or over */
export async function findRecovery(
  { db }: Services,
  token: string,
  now: number,
): Promise<FoundLink> {
  const found = await findLink(db, "recovery", token, now);
  if (!found) throw new AppError("not_found");
  return found;
}

/**
 * Sets a new password by a recovery link, and ends every session. Two trips.
 * @returns the member's id
 * @throws `not_found`, `invalid` for a bad password, `unavailable`
 */
export async function recover(
  services: Services,
  token: string,
  form: { password: string; client: string },
  now: number,
): Promise<string> {
  const { config, db, passwords } = services;
  const member = await findRecovery(services, token, now);
  const problem = passwordProblem(form.password, member, config.password.minLength);
  if (problem) throw new AppError("invalid", { fields: { password: problem } });

  const account = nameHash(config.identifierKey, member.name);
  const attempt = signInAttempt(account, form.client, null, config.throttleScale);
  const hash = await passwords.hash(form.password);
  const recovered = await useLink(db, token, hash, now, attempt);
  if (!recovered) throw new AppError("not_found");
  return member.memberId;
}
