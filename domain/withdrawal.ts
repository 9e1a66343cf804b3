import { type Confirm, isPhrase } from "./confirmation.ts";
import { AppError } from "./error.ts";
import { fold } from "./member.ts";
import { requireMember, type Standing } from "./standing.ts";

/** Why a member leaves. It is a choice, because free text could identify people. */
export const reasons = [
  "too_expensive",
  "not_useful",
  "privacy",
  "too_many_messages",
  "other",
] as const;
export type Reason = (typeof reasons)[number];

/** The fields of the withdrawal form. */
export interface WithdrawalForm {
  password?: string | undefined;
  phrase?: string | undefined;
  user_id?: string | undefined;
  reason?: Reason | undefined;
}

/** The configured rules of a withdrawal. */
export interface WithdrawalPolicy {
  confirm: Confirm;
  /** How long a proof counts as fresh. */
  freshMs: number;
  graceMs: number;
  rejoinBlockMs: number;
  backupDays: number | null;
}

/** The decision. The batch checks `authenticatedSince` again. */
export interface WithdrawalDecision {
  /** `null`: erase at once. Otherwise the deadline, ms. */
  eraseAt: number | null;
  /** The member must have given a proof in this session at this time or later, ms. */
  authenticatedSince: number;
}

/** Returns what the member must give. `fresh` asks for nothing more if the session is fresh. */
export function askedFor(standing: Standing, policy: WithdrawalPolicy, now: number): Confirm {
  if (policy.confirm !== "fresh") return policy.confirm;
  return isFresh(standing, policy, now) ? "fresh" : "password";
}

/**
 * Decides a withdrawal. All fields that are given must be right, even if they are not asked for, because an
 * erasure cannot be undone.
 * @param now ms
 * @param proven whether the password is right; `null` if none was given or it is not verified yet
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

/** Returns whether the session's last proof counts as fresh at `now` (ms). */
export function isFresh(standing: Standing, policy: WithdrawalPolicy, now: number): boolean {
  return standing.authenticatedAt >= now - policy.freshMs;
}
