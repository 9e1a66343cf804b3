import { newId } from "../../crypto/tokens.ts";
import type { Consent, GivenConsent } from "../../domain/consent.ts";
import type { InStatement, ResultSet } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";

/** Makes the SELECT of all consents of a member, the newest first. */
export function selectConsents(member: Fragment): InStatement {
  return {
    sql: `
      SELECT name, version, agreed_at, revoked_at FROM consents
      WHERE user_id = ${member.sql} ORDER BY agreed_at DESC, id`,
    args: { ...member.values },
  };
}

/** Reads the result of `selectConsents`. */
export function toConsents(result: ResultSet): GivenConsent[] {
  return result.rows.map((row) => ({
    name: String(row.name),
    version: String(row.version),
    agreedAt: Number(row.agreed_at),
    revokedAt: row.revoked_at === null ? null : Number(row.revoked_at),
  }));
}

/**
 * Makes the statement that adds a consent, unless it holds already.
 * @param now ms
 */
export function insertConsent(
  member: Fragment,
  { name, version }: Pick<Consent, "name" | "version">,
  now: number,
): InStatement {
  return {
    sql: `
      INSERT INTO consents (id, user_id, name, version, agreed_at)
      SELECT :consent_id, users.id, :consent_name, :consent_version, :agreed_at
      FROM users WHERE users.id = ${member.sql}
      ON CONFLICT DO NOTHING`,
    args: {
      ...member.values,
      consent_id: newId(),
      consent_name: name,
      consent_version: version,
      agreed_at: now,
    },
  };
}

/** Makes the statement that revokes a consent in all its versions. */
export function revokeConsent(member: Fragment, name: string, now: number): InStatement {
  return {
    sql: `
      UPDATE consents SET revoked_at = :revoked_at
      WHERE user_id = ${member.sql} AND name = :consent_name AND revoked_at IS NULL`,
    args: { ...member.values, consent_name: name, revoked_at: now },
  };
}
