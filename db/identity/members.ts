import { fold, type Member } from "../../domain/member.ts";
import { read, write } from "../engine/batch.ts";
import type { Database, InStatement, InValue, ResultSet } from "../engine/database.ts";
import { joinPending } from "../leaving/pending.ts";

/** What a member signs in with. */
export interface SignInRecord {
  memberId: string;
  name: string;
  /** PHC string; `null` for a member without a password. */
  passwordHash: string | null;
}

/** The member with a login name, for a batch. */
export function selectSignIn(name: string): InStatement {
  return {
    sql: `
      SELECT users.id, users.name, passwords.hash FROM users
      LEFT JOIN passwords ON passwords.user_id = users.id WHERE users.name_key = ?`,
    args: [fold(name)],
  };
}

/** What `selectSignIn` found: `null` for a name that no member has. */
export function toSignIn(result: ResultSet): SignInRecord | null {
  const row = result.rows[0];
  return row
    ? {
      memberId: String(row.id),
      name: String(row.name),
      passwordHash: row.hash === null ? null : String(row.hash),
    }
    : null;
}

/** What somebody wants to join with. `blocks`: the keyed hashes under which it may be blocked. */
export interface Wanted {
  name: string;
  email: string;
  blocks: readonly string[];
}

/**
 * How things stand for somebody who wants to join, for a batch.
 * @param id the id that the member would get: the same when the same form is sent again
 */
export function selectState(id: string, wanted: Wanted, now: number): InStatement {
  return {
    sql: `
      SELECT
        NOT EXISTS (SELECT 1 FROM users WHERE name_key = :name OR email_key = :email)
          AND NOT EXISTS (
            SELECT 1 FROM rejoin_blocks
            WHERE identifier IN (SELECT value FROM json_each(:blocks)) AND expires_at > :now)
          AS free,
        EXISTS (SELECT 1 FROM users WHERE id = :id AND name_key = :name AND email_key = :email)
          AS added,
        EXISTS (SELECT 1 FROM users WHERE id = :id)
          OR EXISTS (SELECT 1 FROM erasures WHERE member_id = :id) AS used`,
    args: {
      id,
      name: fold(wanted.name),
      email: fold(wanted.email),
      blocks: JSON.stringify(wanted.blocks),
      now,
    },
  };
}

/** What `selectState` found. */
export function toState(result: ResultSet) {
  const row = result.rows[0]!;
  return {
    /** Name and e-mail are free, and not blocked. */
    free: row.free === 1,
    /** The same form has added this very member before. */
    added: row.added === 1,
    /** The id belongs to a member, or did: ids are never used again. */
    used: row.used === 1,
  };
}

/** The first credential of a new member. */
export interface FirstCredential {
  /** Statements that run before: they use up what works only once. */
  first?: readonly InStatement[];
  /** SQL that must be true for the member to be added, and its values. */
  condition?: { sql: string; values: Readonly<Record<string, InValue>> };
  /** Makes the statements that store it, if the member's row exists. */
  store(memberId: string): InStatement[];
}

/** A password as the first credential. `hash`: PHC string. */
export function firstPassword(hash: string): FirstCredential {
  return {
    store: (memberId) => [{
      sql: `
        INSERT INTO passwords (user_id, hash, changed_at) SELECT id, ?, joined_at FROM users WHERE id = ?
        ON CONFLICT DO NOTHING`,
      args: [hash, memberId],
    }],
  };
}

/**
 * Adds a member with a credential. False: the name or the e-mail is taken, or may not join again yet, or
 * the credential's condition does not hold. Throws `unavailable`.
 */
export async function addMember(
  db: Database,
  member: Omit<Member, "rank" | "emailVerified">,
  { first = [], condition = { sql: "TRUE", values: {} }, store }: FirstCredential,
  blocks: readonly string[],
): Promise<boolean> {
  const { added } = await write(db, {
    first,
    member: {
      sql: `
        INSERT INTO users (id, name, name_key, email, email_key, language, joined_at)
        SELECT :id, :name, :name_key, :email, :email_key, :language, :joined_at
        WHERE ${condition.sql} AND NOT EXISTS (
          SELECT 1 FROM rejoin_blocks
          WHERE identifier IN (SELECT value FROM json_each(:blocks)) AND expires_at > :joined_at)
        ON CONFLICT DO NOTHING`,
      args: {
        id: member.id,
        name: member.name,
        name_key: fold(member.name),
        email: member.email,
        email_key: fold(member.email),
        language: member.language,
        joined_at: member.joinedAt,
        blocks: JSON.stringify(blocks),
        ...condition.values,
      },
    },
    credential: store(member.id),
    added: {
      sql: "SELECT id FROM users WHERE id = ? AND name_key = ? AND email_key = ?",
      args: [member.id, fold(member.name), fold(member.email)],
    },
  });
  return added.rows.length === 1;
}

/**
 * For an operator: members by id, e-mail or login name, in this order. `found_by` says which of the three
 * fits. `warning` marks a login name that is another member's e-mail address, which came by an import or
 * was registered before such names were refused.
 */
export async function findMember(db: Database, text: string) {
  const { found } = await read(db, {
    found: {
      sql: `
        SELECT users.id, users.name, users.email, users.rank, users.joined_at, withdrawals.erase_at,
          (SELECT count(*) FROM sessions WHERE user_id = users.id AND +ended_by IS NULL) AS sessions,
          CASE WHEN users.id = :id THEN 'id' WHEN users.email_key = :key THEN 'e-mail' ELSE 'name' END
            AS found_by,
          CASE WHEN EXISTS (
            SELECT 1 FROM users AS other
            WHERE other.email_key = users.name_key AND other.id <> users.id)
            THEN 'the name is another member''s e-mail' END AS warning
        FROM users ${joinPending}
        WHERE users.id = :id OR users.name_key = :key OR users.email_key = :key
        ORDER BY users.id = :id DESC, users.email_key = :key DESC`,
      args: { id: text, key: fold(text) },
    },
  });
  return found.rows;
}
