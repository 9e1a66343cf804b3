/** SQL that signs a member out. `member` is SQL for the member's id. */

/** Deletes all of the member's sessions. */
export function endSessionsOf(member: string): string {
  return `DELETE FROM sessions WHERE user_id = ${member}`;
}

// `+` keeps SQLite from the index of `used_by`, which is NULL in the unused links of all members.

/**
 * Deletes the member's links that set a password, leave, or change the address. A link that restores an
 * address stays, because somebody who has taken over the account could delete it in this way.
 */
export function voidLinksOf(member: string): string {
  return `
    DELETE FROM links WHERE user_id = ${member} AND purpose IN ('recovery', 'email')
      AND +used_by IS NULL`;
}
