import type { InStatement, ResultSet } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";

/**
 * Makes the SELECT of a member's stored hash.
 * @param member SQL for the member's id, and the values of its parameters
 */
export function selectPassword(
  member: Fragment,
): InStatement {
  return {
    sql: `SELECT hash FROM passwords WHERE user_id = ${member.sql}`,
    args: member.values,
  };
}

/** Reads the result of `selectPassword`: a PHC string, or `null` for a member without a password. */
export function toHash(result: ResultSet): string | null {
  const row = result.rows[0];
  return row ? String(row.hash) : null;
}

/**
 * Makes the statement that sets a member's password. It does nothing if `member` is NULL.
 * @param member SQL for the member's id, and the values of its parameters
 * @param hash PHC string
 * @param now ms
 */
export function setPassword(
  member: Fragment,
  hash: string,
  now: number,
): InStatement {
  return {
    sql: `
      INSERT INTO passwords (user_id, hash, changed_at)
      SELECT member, :new_hash, :now FROM (SELECT ${member.sql} AS member) WHERE member IS NOT NULL
      ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at`,
    args: { ...member.values, new_hash: hash, now },
  };
}

/**
 * Makes the statement that replaces a weak hash by a stronger one of the same password.
 * @param verified the member, and the stored hash that the password was verified against
 * @param stronger PHC string
 * @param done SQL for whether the batch accepted the password, and its values
 */
export function strengthenPassword(
  verified: { memberId: string; hash: string },
  stronger: string,
  done: Fragment,
): InStatement {
  return {
    sql: `
      UPDATE passwords SET hash = :stronger
      WHERE user_id = :member AND hash = :verified AND ${done.sql}`,
    args: { stronger, member: verified.memberId, verified: verified.hash, ...done.values },
  };
}
