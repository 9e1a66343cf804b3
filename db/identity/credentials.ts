import type { InStatement, InValue, ResultSet } from "../engine/database.ts";

/** What a member can prove who they are with, strongest first: `password`, `passkey`, or a provider's name. */
export type CredentialName = string;

/**
 * What a member can confirm with, for a batch.
 * @param member SQL for the member's id, and the values that it names
 */
export function selectCredentials(
  member: { sql: string; values: Record<string, InValue> },
): InStatement {
  return {
    sql: `
      SELECT 1 AS position, 'passkey' AS name
      WHERE EXISTS (SELECT 1 FROM passkeys WHERE user_id = ${member.sql})
      UNION ALL SELECT 2, 'password'
      WHERE EXISTS (SELECT 1 FROM passwords WHERE user_id = ${member.sql})
      UNION ALL SELECT DISTINCT 3, provider FROM identities WHERE user_id = ${member.sql}
      ORDER BY position, name`,
    args: member.values,
  };
}

/** What `selectCredentials` found. */
export function toCredentials(result: ResultSet): CredentialName[] {
  return result.rows.map((row) => String(row.name));
}
