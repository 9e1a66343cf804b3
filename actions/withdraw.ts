import { idOfForm, newId } from "../crypto/tokens.ts";
import { proofSource } from "../db/identity/proofs.ts";
import { byMember, type Initiator } from "../db/leaving/initiator.ts";
import { findReceipt } from "../db/leaving/receipts.ts";
import { scheduleWithdrawal } from "../db/leaving/withdrawals.ts";
import { endSessionsOf, voidLinksOf } from "../db/session/end.ts";
import { findLink } from "../db/session/links.ts";
import { findSession, type Session, sessionSource } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import type { Member } from "../domain/member.ts";
import type { Proof } from "../domain/proof.ts";
import type { Receipt } from "../domain/receipt.ts";
import { requireMember, requireSession } from "../domain/standing.ts";
import {
  decideWithdrawal,
  type Reason,
  type WithdrawalDecision,
  type WithdrawalForm,
} from "../domain/withdrawal.ts";
import { eraseMember } from "./erase_member.ts";
import { challenge, provePassword } from "./prove_password.ts";
import type { Services } from "./services.ts";

/** How a member left: at once, or from a deadline on. */
export type Left =
  & { memberId: string | null; receiptId: string }
  & ({ status: "erased"; receipt: Receipt } | { status: "scheduled"; eraseAt: number });

/**
 * Leaves, by a live session. Two trips; a third one says why when another request was faster.
 * @throws `unauthenticated`, `withdrawal_pending`, `confirmation_required`, `confirmation_failed`,
 *   `throttled`, `conflict`, `unavailable`. Nothing has changed then, unless an answer was lost: the
 *   failure carries the receipt's number in that case.
 * @param once the token of the form: sent again, it leads to the first answer (`findLeft`)
 */
export async function withdraw(
  services: Services,
  secret: string,
  form: WithdrawalForm & { once?: string | undefined },
  now: number,
): Promise<Left> {
  const { session, proof, decision } = await decide(services, secret, form, now)
    .catch((error) => explain(error));
  const initiator = byMember(sessionSource(secret, decision.authenticatedSince, proof));
  const { eraseAt } = decision;
  const left = await leave(services, initiator, session.member, eraseAt, form, now);
  if (left) return left;
  requireMember(await findSession(services.db, secret, now));
  throw new AppError("conflict", { memberId: session.member.id });
}

/** Leaves, by a recovery link. @throws `not_found`, `conflict`, `unavailable` */
export async function withdrawByLink(
  services: Services,
  token: string,
  form: { reason?: Reason | undefined; once?: string | undefined },
  now: number,
): Promise<Left> {
  const { config, db } = services;
  const found = await findLink(db, "recovery", token, now);
  if (!found) throw new AppError("not_found");
  if (found.eraseAt !== null) throw new AppError("conflict", { memberId: found.memberId });
  const { graceMs } = config.withdrawal;
  const eraseAt = graceMs > 0 ? now + graceMs : null;
  const initiator = byMember(proofSource({ by: "link", purpose: "recovery", token }));
  const member = { id: found.memberId, name: found.name, email: found.email };
  const left = await leave(services, initiator, member, eraseAt, form, now);
  if (!left) throw new AppError("not_found");
  return left;
}

/**
 * What an earlier request with the same form token led to, so that a double click does not lose the
 * receipt. `null`: nothing. One trip.
 */
export async function findLeft({ config, db }: Services, once: string): Promise<Left | null> {
  const receiptId = idOfForm(config.identifierKey, "receipt", once);
  const found = await findReceipt(db, receiptId);
  return found && { memberId: null, receiptId, ...found };
}

/** Loads and decides. A password is verified only where nothing else is missing. */
async function decide(
  services: Services,
  secret: string,
  form: WithdrawalForm,
  now: number,
): Promise<{ session: Session; proof: Proof | null; decision: WithdrawalDecision }> {
  const policy = services.config.withdrawal;
  if (form.password === undefined) {
    const session = requireSession(await findSession(services.db, secret, now));
    const decision = decideWithdrawal(session, form, policy, now, null);
    return { session, proof: null, decision };
  }
  const challenged = await challenge(services, secret, now);
  const { session } = challenged;
  decideWithdrawal(session, form, policy, now, null);
  const proof = await provePassword(services, challenged, form.password);
  const decision = decideWithdrawal(session, form, policy, now, proof !== null);
  return { session, proof, decision };
}

/** Carries a decided withdrawal out. `null`: what it was decided on no longer holds. */
async function leave(
  services: Services,
  initiator: Initiator,
  member: Pick<Member, "id" | "name" | "email">,
  eraseAt: number | null,
  { reason, once }: { reason?: Reason | undefined; once?: string | undefined },
  now: number,
): Promise<Left | null> {
  const { config, db, inventory } = services;
  const receiptId = once ? idOfForm(config.identifierKey, "receipt", once) : newId();
  const given = { memberId: member.id, receiptId };
  if (eraseAt !== null) {
    const scheduled = await scheduleWithdrawal(db, inventory, initiator, {
      eraseAt,
      receiptId,
      now,
      recipients: config.recipients,
      reason: reason ?? null,
      signOut: [endSessionsOf, voidLinksOf],
    }).catch((error) => explain(error, receiptId));
    return scheduled ? { ...given, status: "scheduled", eraseAt } : null;
  }
  const erasure = { initiator, member, receiptId, now, reason: reason ?? null };
  const receipt = await eraseMember(services, erasure).catch((error) => explain(error, receiptId));
  if (!receipt) return null;
  await db.truncateLog();
  return { ...given, status: "erased", receipt };
}

/**
 * Says what a lost database means for a withdrawal. When only its answer was lost, the number leads to
 * the receipt if the withdrawal was carried out, and to nothing if it was not.
 */
function explain(error: unknown, receiptId?: string): never {
  if (!(error instanceof AppError) || error.code !== "unavailable") throw error;
  const { details } = error;
  throw details.answerLost && receiptId
    ? new AppError("unavailable", { ...details, sentence: "answer_lost", receiptId })
    : new AppError("unavailable", { ...details, sentence: "withdrawal_unavailable" });
}
