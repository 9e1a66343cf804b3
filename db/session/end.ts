/** SQL that takes away a member's ways in, for a batch. `member` is SQL for the member's id. */

export function endSessionsOf(member: string): string {
  return `DELETE FROM sessions WHERE user_id = ${member}`;
}

export function voidLinksOf(member: string): string {
  return `DELETE FROM links WHERE user_id = ${member}`;
}
