import { secretHash } from "../../crypto/tokens.ts";
import { fold } from "../../domain/member.ts";
import { flowMs, type Identity } from "../../domain/provider.ts";
import type { Database, InStatement, ResultSet } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";
import { read } from "../engine/batch.ts";
import { claimAddress, isAnothers } from "./addresses.ts";
import type { FirstCredential } from "./members.ts";

/**
 * Makes the statements that use the answer to a round trip. The last one has a row if `act` used it: an
 * answer works once.
 * @param act id of the request
 * @param now ms
 */
export function useAnswer(state: string, act: string, now: number): InStatement[] {
  return [
    {
      sql: `
        INSERT INTO provider_answers (state_hash, used_by, expires_at) VALUES (?, ?, ?)
        ON CONFLICT DO NOTHING`,
      args: [secretHash(state), act, now + flowMs],
    },
    { sql: "SELECT 1 FROM provider_answers WHERE used_by = ?", args: [act] },
  ];
}

/** Finds the member of an identity, or `null`. Throws `unavailable`. */
export async function findOwner(db: Database, identity: Identity) {
  const { found } = await read(db, { found: selectOwner(identity) });
  return toOwner(found);
}

/** Makes the SELECT of an identity with its member. */
export function selectOwner({ issuer, subject }: Identity): InStatement {
  return {
    sql: `
      SELECT identities.id, identities.linked_at, users.id AS user_id, users.name, users.email,
        users.language, users.email_verified_at
      FROM identities JOIN users ON users.id = identities.user_id
      WHERE identities.issuer = ? AND identities.subject = ?`,
    args: [issuer, subject],
  };
}

/** Reads the result of `selectOwner`. `linkedAt` in ms. */
export function toOwner(result: ResultSet) {
  const row = result.rows[0];
  return row
    ? {
      identityId: String(row.id),
      linkedAt: Number(row.linked_at),
      id: String(row.user_id),
      name: String(row.name),
      email: String(row.email),
      language: row.language === "en" ? "en" as const : "ko" as const,
      emailVerified: row.email_verified_at !== null,
    }
    : null;
}

/** Makes the statement that deletes an identity. */
export function endIdentity(id: string): InStatement {
  return { sql: "DELETE FROM identities WHERE id = ?", args: [id] };
}

/** An identity of a member. */
export interface LinkedIdentity extends Identity {
  id: string;
  /** The configured name of the provider. */
  provider: string;
  /** ms */
  linkedAt: number;
}

/** Makes the SELECT of a member's identities, oldest first. */
export function selectIdentities(
  member: Fragment,
): InStatement {
  return {
    sql: `
      SELECT id, issuer, subject, provider, linked_at FROM identities
      WHERE user_id = ${member.sql} ORDER BY linked_at, id`,
    args: member.values,
  };
}

/** Finds the identities of the member with a login name. Throws `unavailable`. */
export async function findIdentities(db: Database, name: string): Promise<LinkedIdentity[]> {
  const sql = "(SELECT id FROM users WHERE name_key = :name_key)";
  const member = { sql, values: { name_key: fold(name) } };
  const { found } = await read(db, { found: selectIdentities(member) });
  return toIdentities(found);
}

/** Reads the result of `selectIdentities`. */
export function toIdentities(result: ResultSet): LinkedIdentity[] {
  return result.rows.map((row) => ({
    id: String(row.id),
    issuer: String(row.issuer),
    subject: String(row.subject),
    provider: String(row.provider),
    linkedAt: Number(row.linked_at),
  }));
}

/**
 * An identity as the first credential.
 * @param id of the row of `identities`
 * @param vouched the address of the member, if the provider vouches for it. It is verified then, and taken
 *   from a member who has not verified it
 * @param now ms
 */
export function firstIdentity(
  id: string,
  { issuer, subject }: Identity,
  provider: string,
  vouched: string | null,
  now: number,
): FirstCredential {
  const identity = { issuer, subject };
  const isFree =
    "NOT EXISTS (SELECT 1 FROM identities WHERE issuer = :issuer AND subject = :subject)";
  const owner = (member: string) => ({
    sql: "(SELECT id FROM users WHERE id = :member)",
    values: { member },
  });
  return {
    condition: vouched === null ? { sql: isFree, values: identity } : {
      sql: `${isFree} AND NOT ${isAnothers("''")}`,
      values: { ...identity, address_key: fold(vouched) },
    },
    store: (memberId) => [
      {
        sql: `
          INSERT INTO identities (id, issuer, subject, user_id, provider, linked_at)
          SELECT :id, :issuer, :subject, users.id, :provider, joined_at FROM users WHERE users.id = :member
          ON CONFLICT DO NOTHING`,
        args: { id, provider, member: memberId, ...identity },
      },
      ...(vouched === null ? [] : claimAddress(owner(memberId), vouched, now)),
    ],
  };
}
