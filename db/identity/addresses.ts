import { fold } from "../../domain/member.ts";
import type { InStatement } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";

/**
 * SQL: another member than the one in `member` has verified the address whose key is `:address_key`. An
 * address that nobody has verified belongs to the first who verifies it.
 */
export function isAnothers(member: string): string {
  return `EXISTS (
    SELECT 1 FROM users AS other WHERE other.email_key = :address_key
      AND other.email_verified_at IS NOT NULL AND other.id <> ${member})`;
}

/** SQL: the key of an e-mail that its member, of this id, shares with somebody who had it before. */
export const unclaimedKey = "'unclaimed:' || ";

/**
 * Makes the statements that give a verified address to a member, and take it from a member who has not
 * verified it. They do nothing if `owner` is NULL. The batch has to check `isAnothers` before.
 * @param owner SQL for the member's id, and the values of its parameters
 * @param now ms
 */
export function claimAddress(
  owner: Fragment,
  address: string,
  now: number,
): InStatement[] {
  const address_key = fold(address);
  return [
    {
      sql: `
        UPDATE users SET email_key = ${unclaimedKey}id
        WHERE email_key = :address_key AND email_verified_at IS NULL AND id <> ${owner.sql}`,
      args: { ...owner.values, address_key },
    },
    {
      sql: `
        UPDATE users SET email = :address, email_key = :address_key, email_verified_at = :now
        WHERE id = ${owner.sql}`,
      args: { ...owner.values, address, address_key, now },
    },
  ];
}

/**
 * Makes the statements that remove passkeys and linked providers of a member who has never verified the
 * address. Somebody else may have registered with it and wait for the owner (pre-hijacking: Sudhodanan and
 * Paverd, USENIX Security 2022). They come before `claimAddress`.
 */
export function removeStrangersCredentials(
  owner: Fragment,
): InStatement[] {
  const unverified = `(SELECT id FROM users WHERE id = ${owner.sql} AND email_verified_at IS NULL)`;
  return [
    { sql: `DELETE FROM passkeys WHERE user_id = ${unverified}`, args: owner.values },
    { sql: `DELETE FROM identities WHERE user_id = ${unverified}`, args: owner.values },
  ];
}
