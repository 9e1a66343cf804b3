import type { Source } from "../engine/source.ts";
import { isPending, notPending } from "./pending.ts";

/**
 * Who or what starts a withdrawal or an erasure. The claim selects from this source, so the database checks
 * its condition in the batch. A new way to leave is a new source.
 */
export interface Initiator extends Source {
  /** SQL for the receipt's number. `:receipt_id` is a new number. */
  receiptId: string;
}

const pendingReceiptId = `coalesce((
  SELECT receipt_id FROM withdrawals
  WHERE withdrawals.user_id = users.id AND ${isPending}), :receipt_id)`;

/** A member with a session or a link. The condition fails while a withdrawal is pending. */
export function byMember(source: Source): Initiator {
  return {
    ...source,
    where: `${source.where} AND ${notPending}`,
    receiptId: ":receipt_id",
  };
}

/** An operator. If a withdrawal is pending, the receipt has the number that it promised. */
export function byOperator(source: Source): Initiator {
  return { ...source, receiptId: pendingReceiptId };
}

/** A replay of the ledger. The receipt has the number of the ledger's line. */
export function byLedger(source: Source): Initiator {
  return { ...source, receiptId: ":receipt_id" };
}

/** A pending withdrawal whose deadline has passed. */
export function byDeadline(withdrawalId: string): Initiator {
  return {
    from: "withdrawals JOIN users ON users.id = withdrawals.user_id",
    where: `withdrawals.id = :withdrawal_id AND ${isPending} AND withdrawals.erase_at <= :now`,
    receiptId: "withdrawals.receipt_id",
    values: { withdrawal_id: withdrawalId },
  };
}
