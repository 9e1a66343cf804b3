import type { Blocked } from "../crypto/identifiers.ts";
import { idOfForm, newId } from "../crypto/tokens.ts";
import { proofSource } from "../db/identity/proofs.ts";
import { byMember, type Initiator } from "../db/leaving/initiator.ts";
import { findReceipt } from "../db/leaving/receipts.ts";
import { scheduleWithdrawal } from "../db/leaving/withdrawals.ts";
import { endSessionsOf, voidLinksOf } from "../db/session/end.ts";
import { findLink } from "../db/session/links.ts";
import { findSession, type Session, sessionSource } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import type { Proof } from "../domain/proof.ts";
import type { Receipt } from "../domain/receipt.ts";
import { requireMember } from "../domain/standing.ts";
import {
  decideWithdrawal,
  type Reason,
  type WithdrawalDecision,
  type WithdrawalForm,
} from "../domain/withdrawal.ts";
import { eraseMember } from "./erase_member.ts";
import { addresseeOf, mailStatements } from "./mail.ts";
import { countGiven, type Given, loadStanding, verifyGiven } from "./prove.ts";
import type { Services } from "./services.ts";

/**
 * The outcome of a withdrawal: erased now, or scheduled for a deadline (ms). `handle` is that of the member's
 * passkeys, which browsers may forget.
 */
export type Left =
  & { memberId: string | null; receiptId: string }
  & ({ status: "erased"; receipt: Receipt; handle?: string | null } | {
    status: "scheduled";
    eraseAt: number;
  });

/**
 * Withdraws the member of a live session. Two round trips, and two more to find the reason if another request
 * was faster.
 * @param secret the secret of the session that asks
 * @param given what the member gave as a proof, if anything
 * @param form `once` is the token of the form, by which `findLeft` finds the outcome
 * @param now ms
 * @throws `unauthenticated`, `withdrawal_pending`, `confirmation_required`, `confirmation_failed`,
 *   `throttled`, `conflict`, `unavailable`. Nothing has changed then, unless the answer was lost; in
 *   that case the error carries the receipt's number.
 */
export async function withdraw(
  services: Services,
  secret: string,
  given: Given | null,
  form: WithdrawalForm & { once?: string | undefined },
  now: number,
): Promise<Left> {
  const { session, proof, decision, handle } = await decide(services, secret, given, form, now)
    .catch((error) => explain(error));
  const initiator = byMember(
    services.inventory.subject,
    sessionSource(secret, decision.authenticatedSince, proof),
  );
  const { eraseAt } = decision;
  const left = await leave(services, initiator, session.member, eraseAt, form, signOut, now);
  if (left?.status === "erased") return { ...left, handle };
  if (left) return left;
  requireMember(await findSession(services.db, secret, now));
  throw new AppError("conflict", { memberId: session.member.id });
}

/**
 * Withdraws the member of a recovery link. Two round trips.
 * @param form `once` is the token of the form, by which `findLeft` finds the outcome
 * @param now ms
 * @throws `not_found`, `conflict`, `unavailable`, as `withdraw`
 */
export async function withdrawByLink(
  services: Services,
  token: string,
  form: { reason?: Reason | undefined; once?: string | undefined },
  now: number,
): Promise<Left> {
  const { config, db } = services;
  const found = await findLink(db, ["recovery"], token, now);
  if (!found || found.used) throw new AppError("not_found", { sentence: "link_over" });
  if (found.eraseAt !== null) throw new AppError("conflict", { memberId: found.memberId });
  const { graceMs } = config.withdrawal;
  const eraseAt = graceMs > 0 ? now + graceMs : null;
  const initiator = byMember(
    services.inventory.subject,
    proofSource({ by: "link", purpose: "recovery", token }),
  );
  const member = { ...found, id: found.memberId };
  const left = await leave(services, initiator, member, eraseAt, form, signOut, now);
  if (!left) throw new AppError("not_found", { sentence: "link_over" });
  return left.status === "erased" ? { ...left, handle: found.handle } : left;
}

/**
 * Finds the outcome of an earlier request with the same form token, so that a double click does not lose
 * the receipt. One round trip.
 * @returns the outcome, or `null` if there is none
 * @throws `unavailable`
 */
export async function findLeft({ config, db }: Services, once: string): Promise<Left | null> {
  const receiptId = idOfForm(config.identifierKey, "receipt", once);
  const found = await findReceipt(db, receiptId);
  return found && { memberId: null, receiptId, ...found };
}

/** Loads the session and decides. A proof is verified only if nothing else is missing. */
async function decide(
  services: Services,
  secret: string,
  given: Given | null,
  form: WithdrawalForm,
  now: number,
): Promise<
  { session: Session; proof: Proof | null; decision: WithdrawalDecision; handle: string | null }
> {
  const policy = services.config.withdrawal;
  if (!given) {
    const { session, credentials, confirmed, handle } = await loadStanding(services, secret, now);
    const decision = decideWithdrawal(session, credentials, form, "none", policy, now, confirmed);
    return { session, proof: null, decision, handle };
  }
  const counted = await countGiven(services, secret, given, now);
  const { session, credentials, handle } = counted;
  decideWithdrawal(session, credentials, form, "unverified", policy, now);
  const proof = await verifyGiven(services, counted, now);
  const verified = proof ? "right" : "wrong";
  const decision = decideWithdrawal(session, credentials, form, verified, policy, now);
  return { session, proof, decision, handle };
}

/** Ends the sessions and links of a member of our own. */
const signOut = [endSessionsOf, voidLinksOf];

/**
 * Schedules or erases.
 * @param form `once` is the token of the form, by which `findLeft` finds the outcome
 * @param signOut SQL that ends the member's sessions when a grace period begins
 * @param now ms
 * @returns `null` if the initiator's condition no longer holds
 * @throws `conflict`, `unavailable`, as `withdraw`
 */
export async function leave(
  services: Services,
  initiator: Initiator,
  member: Blocked & { id: string; language?: "ko" | "en" },
  eraseAt: number | null,
  { reason, once }: { reason?: Reason | undefined; once?: string | undefined },
  signOut: readonly ((member: string) => string)[],
  now: number,
): Promise<Left | null> {
  const { config, db, inventory } = services;
  const receiptId = once ? idOfForm(config.identifierKey, "receipt", once) : newId();
  const given = { memberId: member.id, receiptId };
  const addressee = addresseeOf(member);
  if (eraseAt !== null) {
    const scheduled = await scheduleWithdrawal(db, inventory, initiator, {
      eraseAt,
      receiptId,
      now,
      recipients: config.recipients,
      reason: reason ?? null,
      signOut,
      also: (done) => {
        const details = { eraseAt, receiptId };
        const notice = addressee &&
          { kind: "withdrawal_scheduled", member: addressee, details } as const;
        return notice ? mailStatements(services, notice, now, done) : [];
      },
    }).catch((error) => explain(error, receiptId));
    return scheduled ? { ...given, status: "scheduled", eraseAt } : null;
  }
  const erasure = { initiator, member, tell: addressee, receiptId, now, reason: reason ?? null };
  const receipt = await eraseMember(services, erasure).catch((error) => explain(error, receiptId));
  if (!receipt) return null;
  await db.truncateLog();
  return { ...given, status: "erased", receipt };
}

/**
 * Throws the error with a sentence about withdrawals if it is `unavailable`, otherwise unchanged. If the
 * answer was lost, the sentence names the receipt, which exists only if the withdrawal was carried out.
 */
export function explain(error: unknown, receiptId?: string): never {
  if (!(error instanceof AppError) || error.code !== "unavailable") throw error;
  const { details } = error;
  throw details.answerLost && receiptId
    ? new AppError("unavailable", { ...details, sentence: "answer_lost", receiptId })
    : new AppError("unavailable", { ...details, sentence: "withdrawal_unavailable" });
}
