import type { Subject } from "../../domain/data_map.ts";
import type { Source } from "../engine/source.ts";
import { quote, subjectId, subjectText } from "../map/sql.ts";
import { isPending, withoutPending } from "./pending.ts";

/**
 * Who or what starts a withdrawal or an erasure. The claim selects from this source, so the database checks
 * its condition in the batch. A new way to leave is a new source.
 */
export interface Initiator extends Source {
  /** SQL for the receipt's number. `:receipt_id` is a new number. */
  receiptId: string;
}

/** A member with a session or a link. The condition fails while a withdrawal is pending. */
export function byMember(subject: Subject, source: Source): Initiator {
  return {
    ...source,
    where: `${source.where} AND ${withoutPending(subject)}`,
    receiptId: ":receipt_id",
  };
}

/** An operator. If a withdrawal is pending, the receipt has the number that it promised. */
export function byOperator(subject: Subject, source: Source): Initiator {
  const promised = `
  SELECT receipt_id FROM withdrawals
  WHERE withdrawals.user_id = ${subjectText(subject)} AND ${isPending}`;
  return { ...source, receiptId: `coalesce((${promised}), :receipt_id)` };
}

/** A replay of the ledger. The receipt has the number of the ledger's line. */
export function byLedger(source: Source): Initiator {
  return { ...source, receiptId: ":receipt_id" };
}

/** A pending withdrawal whose deadline has passed. */
export function byDeadline(subject: Subject, withdrawalId: string): Initiator {
  return {
    from: joinSubject(subject),
    where: `withdrawals.id = :withdrawal_id AND ${isPending} AND withdrawals.erase_at <= :now`,
    receiptId: "withdrawals.receipt_id",
    values: { withdrawal_id: withdrawalId },
  };
}

/** The member with this id, without a proof: for an operator and the ledger. */
export function ofMember(subject: Subject, memberId: string): Source {
  return {
    from: quote(subject.table),
    where: `${subjectId(subject)} = :member_id`,
    values: { member_id: memberId },
  };
}

/** SQL: withdrawals with the row of their member. */
export function joinSubject(subject: Subject): string {
  return `withdrawals JOIN ${quote(subject.table)} ON ${subjectId(subject)} = withdrawals.user_id`;
}
