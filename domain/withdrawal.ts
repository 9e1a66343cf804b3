import { type Confirm, isPhrase } from "./confirmation.ts";
import { AppError } from "./error.ts";
import { fold } from "./member.ts";
import { requireMember, type Standing } from "./standing.ts";

/** Why somebody leaves: a choice, because free text identifies people. */
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

/** What was decided, and how recent the proof has to be: the batch checks the latter again. */
export interface WithdrawalDecision {
  /** `null`: erase at once. Otherwise the deadline, ms. */
  eraseAt: number | null;
  /** The member must have proved in this session who they are at this time or later, ms. */
  authenticatedSince: number;
}

/** What the member has to give: nothing more where a fresh sign-in is enough and there is one. */
export function askedFor(standing: Standing, policy: WithdrawalPolicy, now: number): Confirm {
  if (policy.confirm !== "fresh") return policy.confirm;
  return isFresh(standing, policy, now) ? "fresh" : "password";
}

/**
 * Decides a withdrawal. Everything that is given must be right, asked for or not, because the act cannot
 * be undone.
 *
 * @param proven whether the proof that was given is the member's; `null` when none was given, or when
 *   it has not been verified yet, so that nothing is hashed for a form that lacks something else
 * @throws `withdrawal_pending`, `confirmation_required` with what is missing, `confirmation_failed`
 */
export function decideWithdrawal(
  found: Standing,
  form: WithdrawalForm,
  policy: WithdrawalPolicy,
  now: number,
  proven: boolean | null,
): WithdrawalDecision {
  const standing = requireMember(found);
  const memberId = standing.member.id;
  const asked = askedFor(standing, policy, now);
  if (asked === "password" && form.password === undefined) {
    throw new AppError("confirmation_required", { confirm: "password", memberId });
  }
  if (asked === "phrase" && form.phrase === undefined) {
    throw new AppError("confirmation_required", { confirm: "phrase", memberId });
  }
  const wrongId = form.user_id !== undefined && fold(form.user_id) !== fold(standing.member.name);
  const wrongPhrase = form.phrase !== undefined && !isPhrase(form.phrase);
  if (wrongId || wrongPhrase || proven === false) {
    throw new AppError("confirmation_failed", { confirm: asked, memberId });
  }
  return {
    eraseAt: policy.graceMs > 0 ? now + policy.graceMs : null,
    authenticatedSince: asked === "fresh" ? now - policy.freshMs : 0,
  };
}

/** Whether the session's last proof of who the member is counts as recent. */
export function isFresh(standing: Standing, policy: WithdrawalPolicy, now: number): boolean {
  return standing.authenticatedAt >= now - policy.freshMs;
}
