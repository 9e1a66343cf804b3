import { type Asked, type Confirm, isPhrase } from "./confirmation.ts";
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

/** The fields of the withdrawal form, besides a proof. */
export interface WithdrawalForm {
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

/** Whether a proof was given with the form, and what its verification found. */
export type GivenProof = "none" | "unverified" | "right" | "wrong";

/**
 * Returns what the member must give. `fresh` asks for nothing more if the session is fresh. `password` asks
 * for any proof now. A member who has no credential is asked for the phrase, because leaving is never
 * blocked by the lack of one. Where the only credential is to sign in again, a fresh session is a proof.
 * A new authentication at a provider cannot be given with the form, so it counts as a proof while it is fresh.
 * @param credentials names of what the member can prove it with
 * @param now ms
 * @param confirmed whether the session was confirmed by such an authentication
 */
export function askedFor(
  standing: Standing,
  credentials: readonly string[],
  policy: WithdrawalPolicy,
  now: number,
  confirmed = false,
): Asked {
  const { confirm } = policy;
  const fresh = isFresh(standing, policy, now);
  if (confirm === "password" && confirmed && fresh) return "fresh";
  const asked = confirm === "fresh" && !fresh ? "password" : confirm;
  if (asked !== "password" || credentials.includes("password")) return asked;
  if (credentials.includes("sign_in")) return fresh ? "fresh" : "sign_in";
  return credentials.length === 0 ? "phrase" : asked;
}

/**
 * Decides a withdrawal. All fields that are given must be right, even if they are not asked for, because an
 * erasure cannot be undone.
 * @param credentials names of what the member can prove it with
 * @param now ms
 * @param confirmed as for `askedFor`
 * @throws `withdrawal_pending`, `confirmation_required` with what is missing, `confirmation_failed`
 */
export function decideWithdrawal(
  found: Standing,
  credentials: readonly string[],
  form: WithdrawalForm,
  proof: GivenProof,
  policy: WithdrawalPolicy,
  now: number,
  confirmed = false,
): WithdrawalDecision {
  const standing = requireMember(found);
  const memberId = standing.member.id;
  const asked = askedFor(standing, credentials, policy, now, confirmed);
  if ((asked === "password" || asked === "sign_in") && proof === "none") {
    throw new AppError("confirmation_required", { confirm: asked, memberId });
  }
  if (asked === "phrase" && form.phrase === undefined) {
    throw new AppError("confirmation_required", { confirm: asked, memberId });
  }
  const wrongId = form.user_id !== undefined && fold(form.user_id) !== fold(standing.member.name);
  const wrongPhrase = form.phrase !== undefined && !isPhrase(form.phrase);
  if (wrongId || wrongPhrase || proof === "wrong") {
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
