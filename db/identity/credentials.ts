import type { InStatement, ResultSet } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";

/** A credential: `passkey`, `password`, or the name of a provider. */
export type CredentialName = string;

/**
 * Makes the SELECT of a member's credentials, strongest first.
 * @param member SQL for the member's id, and the values of its parameters
 */
export function selectCredentials(
  member: Fragment,
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

/**
 * Reads the result of `selectCredentials`: those that the member can use.
 * @param providers the configured ones. An identity at another one opens nothing
 */
export function toCredentials(
  result: ResultSet,
  providers: readonly { name: string }[],
): CredentialName[] {
  const usable = ["passkey", "password", ...providers.map(({ name }) => name)];
  return result.rows.map((row) => String(row.name)).filter((name) => usable.includes(name));
}

/**
 * Makes SQL for how many credentials a member has: password, passkeys and identities. The last one cannot be
 * removed.
 * @param member SQL for the member's id. It may name a column of `passwords`, `passkeys` or `identities`
 */
export function countCredentials(member: string): string {
  return `(
    (SELECT count(*) FROM passwords AS own WHERE own.user_id = ${member})
    + (SELECT count(*) FROM passkeys AS own WHERE own.user_id = ${member})
    + (SELECT count(*) FROM identities AS own WHERE own.user_id = ${member}))`;
}
