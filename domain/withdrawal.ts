import { type Confirm, isPhrase } from "./confirmation.ts";
import { AppError } from "./error.ts";
import { fold, type Member } from "./member.ts";

/** Why somebody leaves: a choice, for free text identifies people. */
export const reasons = [
  "too_expensive",
  "not_useful",
  "privacy",
  "too_many_messages",
  "other",
] as const;
export type Reason = (typeof reasons)[number];

export interface WithdrawalForm {
  password?: string | undefined;
  phrase?: string | undefined;
  user_id?: string | undefined;
  reason?: Reason | undefined;
}

/** What an operator decided about leaving. All times in ms. */
export interface WithdrawalPolicy {
  confirm: Confirm;
  freshMs: number;
  graceMs: number;
  rejoinBlockMs: number;
  backupDays: number | null;
}

/** The facts that a withdrawal is decided on. */
export interface Standing {
  member: Member;
  /** When the member last signed in or confirmed their password in this session, ms. */
  authenticatedAt: number;
  /** When a pending withdrawal will be carried out, ms. */
  eraseAt: number | null;
}

/** What was decided, and all that it was decided on: the batch repeats the latter as its guard. */
export interface WithdrawalDecision {
  /** `null`: erase at once. Otherwise when, ms. */
  eraseAt: number | null;
  /** The session must have been authenticated since, ms. */
  authenticatedSince: number;
  /** The very hash that the given password was verified against. */
  passwordHash: string | null;
}

/** What the member has to give: nothing more where a fresh sign-in is enough and there is one. */
export function askedFor(standing: Standing, policy: WithdrawalPolicy, now: number): Confirm {
  if (policy.confirm !== "fresh") return policy.confirm;
  return isFresh(standing, policy, now) ? "fresh" : "password";
}

/**
 * Decides a withdrawal.
 * Whatever is given must be right, asked for or not: an act that cannot be undone heeds every doubt.
 *
 * @param passwordMatches whether the given password is the member's; `null` when none was given or
 *   it has not been looked at yet, so that nothing is hashed for a form that lacks something else
 * @throws `withdrawal_pending`, `confirmation_required` with what is missing, `confirmation_failed`
 */
export function decideWithdrawal(
  standing: Standing,
  form: WithdrawalForm,
  policy: WithdrawalPolicy,
  now: number,
  passwordMatches: boolean | null,
): WithdrawalDecision {
  if (standing.eraseAt !== null) {
    throw new AppError("withdrawal_pending", { eraseAt: standing.eraseAt });
  }
  const asked = askedFor(standing, policy, now);
  if (asked === "password" && form.password === undefined) {
    throw new AppError("confirmation_required", { confirm: "password" });
  }
  if (asked === "phrase" && form.phrase === undefined) {
    throw new AppError("confirmation_required", { confirm: "phrase" });
  }
  const wrongId = form.user_id !== undefined && fold(form.user_id) !== fold(standing.member.name);
  const wrongPhrase = form.phrase !== undefined && !isPhrase(form.phrase);
  if (wrongId || wrongPhrase || passwordMatches === false) {
    throw new AppError("confirmation_failed", { confirm: asked });
  }
  return {
    eraseAt: policy.graceMs > 0 ? now + policy.graceMs : null,
    authenticatedSince: asked === "fresh" ? now - policy.freshMs : 0,
    passwordHash: form.password === undefined ? null : standing.member.passwordHash,
  };
}

function isFresh(standing: Standing, policy: WithdrawalPolicy, now: number): boolean {
  return standing.authenticatedAt >= now - policy.freshMs;
}
