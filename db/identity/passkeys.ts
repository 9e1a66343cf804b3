import { type NewPasskey, passkeysPerMember, type StoredPasskey } from "../../domain/passkey.ts";
import type { Member } from "../../domain/member.ts";
import type { Proof } from "../../domain/proof.ts";
import type { InStatement, InValue, ResultSet } from "../engine/database.ts";
import type { Fragment, Source } from "../engine/source.ts";
import type { Spending } from "./challenges.ts";
import { countCredentials } from "./credentials.ts";
import type { Addressee, FirstCredential } from "./members.ts";

type Guard = Pick<Source, "from" | "where" | "values">;

/** A passkey as the member sees it. Times in ms. */
export interface Passkey {
  id: string;
  credentialId: string;
  userHandle: string;
  transports: string[];
  name: string;
  createdAt: number;
  lastUsedAt: number | null;
  backedUp: boolean;
}

/** Makes the SELECT of a member's passkeys, the oldest first. */
export function selectPasskeys(member: Fragment): InStatement {
  return {
    sql: `
      SELECT id, credential_id, user_handle, transports, name, created_at, last_used_at, backed_up
      FROM passkeys WHERE user_id = ${member.sql} ORDER BY created_at, id`,
    args: { ...member.values },
  };
}

/** Reads the result of `selectPasskeys`. */
export function toPasskeys(result: ResultSet): Passkey[] {
  return result.rows.map((row) => ({
    id: String(row.id),
    credentialId: String(row.credential_id),
    userHandle: String(row.user_handle),
    transports: JSON.parse(String(row.transports)),
    name: String(row.name),
    createdAt: Number(row.created_at),
    lastUsedAt: row.last_used_at === null ? null : Number(row.last_used_at),
    backedUp: row.backed_up === 1,
  }));
}

/** A passkey to verify an assertion against, and its member. */
export interface PasskeyRecord extends StoredPasskey {
  /** Our id of the passkey. */
  id: string;
  member: Addressee & Pick<Member, "emailVerified">;
  /** ms; `null` if it was never used. */
  lastUsedAt: number | null;
}

/** Makes the SELECT of a passkey with its member. `null` finds nothing. */
export function selectPasskey(credentialId: string | null): InStatement {
  return {
    sql: `
      SELECT passkeys.id, credential_id, public_key, user_handle, counter, backup_eligible, last_used_at,
        users.id AS user_id, users.name, users.email, users.email_verified_at, users.language
      FROM passkeys JOIN users ON users.id = passkeys.user_id WHERE credential_id = ?`,
    args: [credentialId],
  };
}

/** Reads the result of `selectPasskey`. */
export function toPasskey(result: ResultSet): PasskeyRecord | null {
  const row = result.rows[0];
  return row
    ? {
      id: String(row.id),
      credentialId: String(row.credential_id),
      publicKey: new Uint8Array(row.public_key as ArrayBuffer),
      userHandle: String(row.user_handle),
      counter: Number(row.counter),
      backupEligible: row.backup_eligible === 1,
      lastUsedAt: row.last_used_at === null ? null : Number(row.last_used_at),
      member: {
        id: String(row.user_id),
        name: String(row.name),
        email: String(row.email),
        emailVerified: row.email_verified_at !== null,
        language: row.language === "en" ? "en" : "ko",
      },
    }
    : null;
}

/** Makes the SQL of the member who has a passkey. */
export function memberOfPasskey(credentialId: string) {
  return {
    sql: "(SELECT user_id FROM passkeys WHERE credential_id = :credential)",
    values: { credential: credentialId } as Record<string, InValue>,
  };
}

/** What is stored of a new passkey besides what its authenticator says. */
export interface PasskeyTerms {
  id: string;
  userHandle: string;
  name: string;
  /** ms */
  createdAt: number;
}

/** SQL values of a new passkey. */
function valuesOf(passkey: NewPasskey, terms: PasskeyTerms): Record<string, InValue> {
  return {
    passkey: terms.id,
    user_handle: terms.userHandle,
    credential: passkey.credentialId,
    public_key: passkey.publicKey,
    counter: passkey.counter,
    transports: JSON.stringify(passkey.transports),
    aaguid: passkey.aaguid,
    backup_eligible: passkey.backupEligible ? 1 : 0,
    backed_up: passkey.backedUp ? 1 : 0,
    passkey_name: terms.name,
    created_at: terms.createdAt,
  };
}

const insert = `
  INSERT INTO passkeys (id, user_id, user_handle, credential_id, public_key, counter, transports,
    aaguid, backup_eligible, backed_up, name, created_at)
  SELECT :passkey, users.id, :user_handle, :credential, :public_key, :counter, :transports,
    :aaguid, :backup_eligible, :backed_up, :passkey_name, :created_at`;

/**
 * A passkey as the first credential. The member is added only if the challenge works and no one has the
 * passkey.
 */
export function firstPasskey(
  passkey: NewPasskey,
  terms: PasskeyTerms,
  { spend, spent }: Spending,
): FirstCredential {
  return {
    first: [spend],
    condition: {
      sql: `${spent.sql} AND NOT EXISTS (
        SELECT 1 FROM passkeys WHERE credential_id = :new_credential)`,
      values: { ...spent.values, new_credential: passkey.credentialId },
    },
    store: (memberId) => [{
      sql: `${insert} FROM users WHERE users.id = :member AND ${spent.sql} ON CONFLICT DO NOTHING`,
      args: { ...valuesOf(passkey, terms), member: memberId, ...spent.values },
    }],
  };
}

/**
 * Makes the statement that adds a passkey to a member of a source. It does nothing if the challenge does not
 * work, if the member has too many passkeys, or has one with another handle, because the handle names the
 * member to browsers.
 */
export function insertPasskey(
  source: Guard,
  passkey: NewPasskey,
  terms: PasskeyTerms,
  spent: Spending["spent"],
): InStatement {
  return {
    sql: `${insert}
      FROM ${source.from} WHERE ${source.where} AND ${spent.sql}
        AND NOT EXISTS (
          SELECT 1 FROM passkeys WHERE user_id = users.id AND user_handle <> :user_handle)
        AND (SELECT count(*) FROM passkeys WHERE user_id = users.id) < ${passkeysPerMember}
      ON CONFLICT DO NOTHING`,
    args: { ...valuesOf(passkey, terms), ...source.values, ...spent.values },
  };
}

/**
 * Makes SQL for whether a passkey can be removed: it belongs to a member of the source, and is not the last
 * credential.
 */
export function isRemovable(
  id: string,
  source: Guard,
): Fragment {
  return {
    sql: `EXISTS (
      SELECT 1 FROM passkeys AS removed WHERE removed.id = :removed
        AND removed.user_id IN (SELECT users.id FROM ${source.from} WHERE ${source.where})
        AND ${countCredentials("removed.user_id")} > 1)`,
    values: { removed: id, ...source.values },
  };
}

/** Makes the statement that removes a passkey, if it can be removed. */
export function deletePasskey(
  id: string,
  source: Guard,
): InStatement {
  const { sql, values } = isRemovable(id, source);
  return { sql: `DELETE FROM passkeys WHERE id = :removed AND ${sql}`, args: { ...values } };
}

/** Makes the statement that notes the use of a passkey. The counter never goes back. */
export function noteUse(
  { credentialId, publicKey, use }: Extract<Proof, { by: "passkey" }>,
  spent: Spending["spent"],
): InStatement {
  return {
    sql: `
      UPDATE passkeys
      SET counter = max(counter, :use_counter), backed_up = :use_backed_up, last_used_at = :use_at
      WHERE credential_id = :use_credential AND public_key = :use_key AND ${spent.sql}`,
    args: {
      use_counter: use.counter,
      use_backed_up: use.backedUp ? 1 : 0,
      use_at: use.at,
      use_credential: credentialId,
      use_key: publicKey,
      ...spent.values,
    },
  };
}
