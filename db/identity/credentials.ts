import type { InStatement, Row } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";

/** A credential: `passkey`, `password`, or the name of a provider. */
export type CredentialName = string;

/**
 * SQL: the columns from which `toCredentials` reads a member's credentials.
 * @param member SQL for the member's id. It may name a column of `users`
 */
export function credentialColumns(member: string): string {
  return `
    EXISTS (SELECT 1 FROM passkeys WHERE user_id = ${member}) AS has_passkey,
    EXISTS (SELECT 1 FROM passwords WHERE user_id = ${member}) AS has_password,
    (SELECT json_group_array(provider) FROM identities WHERE user_id = ${member}) AS linked`;
}

/**
 * Makes the SELECT of a member's credentials: one row for `toCredentials`.
 * @param member SQL for the member's id, and the values of its parameters
 */
export function selectCredentials(member: Fragment): InStatement {
  return { sql: `SELECT ${credentialColumns(member.sql)}`, args: member.values };
}

/**
 * Reads the columns of `credentialColumns`: those that the member can use, strongest first.
 * @param providers the configured ones. An identity at another one opens nothing
 */
export function toCredentials(row: Row, providers: readonly { name: string }[]): CredentialName[] {
  const linked: string[] = JSON.parse(String(row.linked));
  return [
    ...row.has_passkey === 1 ? ["passkey"] : [],
    ...row.has_password === 1 ? ["password"] : [],
    ...providers.map(({ name }) => name).filter((name) => linked.includes(name)).sort(),
  ];
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
