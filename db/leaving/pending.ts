import { ownSubject, type Subject } from "../../domain/data_map.ts";
import { subjectText } from "../map/sql.ts";

/** SQL that says what a pending withdrawal is. */

/** Joins the pending withdrawal of a row of `users`, if there is one. */
export const joinPending =
  "LEFT JOIN withdrawals ON withdrawals.user_id = users.id AND withdrawals.restored_at IS NULL";

/** Whether a row of the subject's table has no pending withdrawal. */
export function withoutPending(subject: Subject): string {
  return `NOT EXISTS (
  SELECT 1 FROM withdrawals
  WHERE withdrawals.user_id = ${subjectText(subject)} AND withdrawals.restored_at IS NULL)`;
}

/** Whether a row of `users` has no pending withdrawal. */
export const notPending = withoutPending(ownSubject);

/** Whether a row of `withdrawals` is pending. */
export const isPending = "withdrawals.restored_at IS NULL";
