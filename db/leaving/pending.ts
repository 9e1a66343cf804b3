/** SQL: the one rule of what a pending withdrawal is. Each takes a row of `users`. */

/** Adds the member's pending withdrawal, if there is one. */
export const joinPending =
  "LEFT JOIN withdrawals ON withdrawals.user_id = users.id AND withdrawals.restored_at IS NULL";

/** The member is not about to leave. */
export const notPending = `NOT EXISTS (
  SELECT 1 FROM withdrawals WHERE withdrawals.user_id = users.id AND withdrawals.restored_at IS NULL)`;

/** A row of `withdrawals` is pending. */
export const isPending = "withdrawals.restored_at IS NULL";
