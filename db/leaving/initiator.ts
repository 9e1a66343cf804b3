import type { InValue } from "@libsql/client";
import { secretHash } from "../../crypto/tokens.ts";
import type { WithdrawalDecision } from "../../domain/withdrawal.ts";

/** On whose word a withdrawal or an erasure rests. The batch repeats all of it, at the very moment. */
export type Initiator =
  /** The member, in a live session, as it was decided. */
  | { by: "session"; secret: string; decision: WithdrawalDecision }
  /** The member, through a recovery link. */
  | { by: "recovery"; token: string }
  /** The clock: a withdrawal that is due. */
  | { by: "due"; withdrawalId: string }
  /** An operator. */
  | { by: "member"; memberId: string }
  /** The ledger, which knows the number that was given out. */
  | { by: "ledger"; memberId: string };

/** The rows that a claim selects from: `users` is among them; the condition also takes `:now`. */
export interface InitiatorSource {
  from: string;
  where: string;
  /** SQL for the receipt's number: a pending withdrawal has given it out already. */
  receiptId: string;
  values: Record<string, InValue>;
}

const notPending = `NOT EXISTS (
  SELECT 1 FROM withdrawals WHERE withdrawals.user_id = users.id AND restored_at IS NULL)`;

const pendingReceiptId = `coalesce((
  SELECT receipt_id FROM withdrawals
  WHERE withdrawals.user_id = users.id AND restored_at IS NULL), :receipt_id)`;

export function initiatorSource(initiator: Initiator): InitiatorSource {
  switch (initiator.by) {
    case "session":
      return {
        from: "sessions JOIN users ON users.id = sessions.user_id",
        where: `sessions.secret_hash = :secret_hash AND sessions.expires_at > :now
          AND sessions.authenticated_at >= :authenticated_since
          AND (:password_hash IS NULL OR users.password_hash = :password_hash)
          AND ${notPending}`,
        receiptId: ":receipt_id",
        values: {
          secret_hash: secretHash(initiator.secret),
          authenticated_since: initiator.decision.authenticatedSince,
          password_hash: initiator.decision.passwordHash,
        },
      };
    case "recovery":
      return {
        from: "recoveries JOIN users ON users.id = recoveries.user_id",
        where: `recoveries.token_hash = :token_hash AND recoveries.expires_at > :now
          AND recoveries.used_by IS NULL AND ${notPending}`,
        receiptId: ":receipt_id",
        values: { token_hash: secretHash(initiator.token) },
      };
    case "due":
      return {
        from: "withdrawals JOIN users ON users.id = withdrawals.user_id",
        where: `withdrawals.id = :withdrawal_id AND withdrawals.restored_at IS NULL
          AND withdrawals.erase_at <= :now`,
        receiptId: "withdrawals.receipt_id",
        values: { withdrawal_id: initiator.withdrawalId },
      };
    case "ledger":
      return {
        from: "users",
        where: "users.id = :member_id",
        receiptId: ":receipt_id",
        values: { member_id: initiator.memberId },
      };
    case "member":
      return {
        from: "users",
        where: "users.id = :member_id",
        receiptId: pendingReceiptId,
        values: { member_id: initiator.memberId },
      };
  }
}
