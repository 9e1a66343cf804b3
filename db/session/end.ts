/** SQL that signs a member out. `member` is SQL for the member's id. */

/** Deletes all of the member's sessions. */
export function endSessionsOf(member: string): string {
  return `DELETE FROM sessions WHERE user_id = ${member}`;
}

/** Deletes all of the member's links. */
export function voidLinksOf(member: string): string {
  return `DELETE FROM links WHERE user_id = ${member}`;
}
