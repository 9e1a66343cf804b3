import { changePassword as change, type NewSession } from "../db/session/sessions.ts";
import type { Standing } from "../db/session/standing.ts";
import { AppError } from "../domain/error.ts";
import { passwordProblem } from "../domain/password.ts";
import { requireMember } from "../domain/standing.ts";
import { isFresh, type WithdrawalPolicy } from "../domain/withdrawal.ts";
import { mailStatements } from "./mail.ts";
import { makeSession } from "./make_session.ts";
import { countGiven, type Given, loadStanding, verifyGiven } from "./prove.ts";
import { serviceNames, type Services } from "./services.ts";

/**
 * Sets the member's password, ends all of the member's sessions and opens a new one. Two round trips. Who
 * has a password gives a proof with the new one. Who has none needs only a fresh session.
 * @param secret the secret of the session that asks
 * @param given what the member gave as a proof, if anything
 * @param now ms
 * @returns the new session, and the member's id
 * @throws `unauthenticated`, `withdrawal_pending`, `invalid` if the new password is not allowed or the
 *   current one is missing, `confirmation_required` if the session is not fresh, `confirmation_failed`,
 *   `throttled`, `unavailable`
 */
export async function changePassword(
  services: Services,
  secret: string,
  given: Given | null,
  form: { password: string; userAgent: string },
  now: number,
): Promise<{ session: NewSession; memberId: string }> {
  const { config, db, passwords } = services;
  const counted = given ? await countGiven(services, secret, given, now) : null;
  const standing = counted ?? await loadStanding(services, secret, now);
  const { member } = requireMember(standing.session);
  const problem = passwordProblem(
    form.password,
    { ...member, service: serviceNames(services) },
    config.password.minLength,
  );
  if (problem) {
    throw new AppError("invalid", { fields: { password: problem }, memberId: member.id });
  }
  if (!counted) requireProofless(standing, config.withdrawal, now);
  const proof = counted && await verifyGiven(services, counted, now);
  if (counted && !proof) throw new AppError("confirmation_failed", { memberId: member.id });

  const session = makeSession(services, form.userAgent, now);
  const changed = await change(db, {
    secret,
    session,
    proof,
    authenticatedSince: proof ? 0 : now - config.withdrawal.freshMs,
    newHash: await passwords.hash(form.password),
    attempt: counted?.attempt ?? null,
    also: (done) => mailStatements(services, { kind: "password_changed", member }, now, done),
  });
  if (!changed) throw new AppError("unauthenticated");
  return { session, memberId: member.id };
}

/** Checks that the password may be set without a proof: there is none yet, and the session is fresh. */
function requireProofless(
  { session, credentials }: Standing,
  policy: WithdrawalPolicy,
  now: number,
): void {
  const memberId = session.member.id;
  if (credentials.includes("password")) {
    throw new AppError("invalid", { fields: { current: "required" }, memberId });
  }
  if (isFresh(session, policy, now)) return;
  throw new AppError("confirmation_required", { confirm: "password", memberId });
}
