import { changePassword as change, type NewSession } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { passwordProblem } from "../domain/password.ts";
import { requireMember } from "../domain/standing.ts";
import { makeSession } from "./make_session.ts";
import { challenge, provePassword } from "./prove_password.ts";
import { serviceNames, type Services } from "./services.ts";

/**
 * Changes the member's password, ends all of the member's sessions and opens a new one. Two round trips.
 * @param secret the secret of the session that asks
 * @param now ms
 * @returns the new session, and the member's id
 * @throws `unauthenticated`, `withdrawal_pending`, `invalid` if the new password is not allowed,
 *   `confirmation_failed`, `throttled`, `unavailable`
 */
export async function changePassword(
  services: Services,
  secret: string,
  form: { current: string; password: string; userAgent: string },
  now: number,
): Promise<{ session: NewSession; memberId: string }> {
  const { config, db, passwords } = services;
  const challenged = await challenge(services, secret, now);
  const { member } = requireMember(challenged.session);
  const problem = passwordProblem(
    form.password,
    { ...member, service: serviceNames(services) },
    config.password.minLength,
  );
  if (problem) {
    throw new AppError("invalid", { fields: { password: problem }, memberId: member.id });
  }
  const proof = await provePassword(services, challenged, form.current);
  if (!proof) throw new AppError("confirmation_failed", { memberId: member.id });

  const session = makeSession(services, form.userAgent, now);
  const newHash = await passwords.hash(form.password);
  const { attempt } = challenged;
  const changed = await change(db, { secret, session, proof, newHash, attempt });
  if (!changed) throw new AppError("unauthenticated");
  return { session, memberId: member.id };
}
