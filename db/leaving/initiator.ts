import type { Source } from "../engine/source.ts";
import { isPending, notPending } from "./pending.ts";

/**
 * What starts a withdrawal or an erasure: rows, a condition and values. The claim selects from them, so
 * the database checks all of it at the moment of acting. A new way to leave is a new source.
 */
export interface Initiator extends Source {
  /** SQL for the receipt's number: a pending withdrawal has given one out already. */
  receiptId: string;
}

const pendingReceiptId = `coalesce((
  SELECT receipt_id FROM withdrawals
  WHERE withdrawals.user_id = users.id AND ${isPending}), :receipt_id)`;

/** The member, by a session or a link. A member who is about to leave cannot ask again. */
export function byMember(source: Source): Initiator {
  return {
    ...source,
    where: `${source.where} AND ${notPending}`,
    receiptId: ":receipt_id",
  };
}

/** An operator. A pending withdrawal ends with it, under the number that it gave out. */
export function byOperator(source: Source): Initiator {
  return { ...source, receiptId: pendingReceiptId };
}

/** The ledger, which knows the number that was given out. */
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
