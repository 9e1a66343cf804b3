import { newId, secretHash } from "../../crypto/tokens.ts";
import { challengeMs, type Purpose } from "../../domain/passkey.ts";
import type { InStatement, ResultSet } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";

/** A challenge that was issued and is not used. */
export interface Challenge {
  /** What it was bound to. */
  boundTo: string | null;
  /** The handle for a new passkey. */
  userHandle: string | null;
}

/**
 * Makes the statement that stores a challenge. Only its hash is stored.
 * @param issued `userHandle` is SQL; `boundTo` is a hash of what the challenge is bound to
 * @param now ms
 * @param condition SQL that must be true
 */
export function insertChallenge(
  issued: {
    challenge: string;
    purpose: Purpose;
    boundTo: string | null;
    userHandle: string | null;
  },
  now: number,
  condition: Fragment,
): InStatement {
  return {
    sql: `
      INSERT INTO passkey_challenges (id, purpose, bound_to, user_handle, expires_at)
      SELECT :challenge, :purpose, :bound_to, :user_handle, :expires_at WHERE ${condition.sql}
      ON CONFLICT DO NOTHING`,
    args: {
      challenge: secretHash(issued.challenge),
      purpose: issued.purpose,
      bound_to: issued.boundTo,
      user_handle: issued.userHandle,
      expires_at: now + challengeMs,
      ...condition.values,
    },
  };
}

/**
 * Makes the SELECT of a challenge that is not used.
 * @param challenge `null` finds nothing
 * @param now ms
 */
export function selectChallenge(
  challenge: string | null,
  purpose: Purpose,
  now: number,
): InStatement {
  return {
    sql: `
      SELECT bound_to, user_handle FROM passkey_challenges
      WHERE id = ? AND purpose = ? AND expires_at > ? AND used_by IS NULL`,
    args: [challenge === null ? null : secretHash(challenge), purpose, now],
  };
}

/** Reads the result of `selectChallenge`. */
export function toChallenge(result: ResultSet): Challenge | null {
  const row = result.rows[0];
  return row
    ? {
      boundTo: row.bound_to === null ? null : String(row.bound_to),
      userHandle: row.user_handle === null ? null : String(row.user_handle),
    }
    : null;
}

/** The use of a challenge: the statement that uses it up, and whether this request has done so. */
export interface Spending {
  spend: InStatement;
  spent: Fragment;
}

/**
 * Makes the use of a challenge, which succeeds once. The batch may arrive twice.
 * @param now ms
 */
export function spendChallenge(challenge: string, purpose: Purpose, now: number): Spending {
  const values = { proof_challenge: secretHash(challenge), proof_act: newId() };
  return {
    spend: {
      sql: `
        UPDATE passkey_challenges SET used_by = :proof_act, user_handle = NULL
        WHERE id = :proof_challenge AND purpose = :purpose AND expires_at > :now AND used_by IS NULL`,
      args: { ...values, purpose, now },
    },
    spent: {
      sql: `EXISTS (
        SELECT 1 FROM passkey_challenges WHERE id = :proof_challenge AND used_by = :proof_act)`,
      values,
    },
  };
}
