import { fold, type Member } from "../../domain/member.ts";
import { read, write } from "../engine/batch.ts";
import type { Database, InStatement, ResultSet, Row } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";
import { unclaimedKey } from "./addresses.ts";
import { joinPending } from "../leaving/pending.ts";

/** What a member signs in with. */
export interface SignInRecord {
  member: Addressee & Pick<Member, "emailVerified">;
  /** PHC string; `null` for a member without a password. */
  passwordHash: string | null;
}

/** A member whom a mail can be sent to. */
export type Addressee = Pick<Member, "id" | "name" | "email" | "language">;

/**
 * SQL: the order in which a text means a member. A verified address comes first. A login name comes before
 * an address that is not verified, so that nobody stands in front of a member by claiming their name as an
 * address.
 */
const byMeaning = `
  CASE WHEN users.email_key = :key AND users.email_verified_at IS NOT NULL THEN 1
    WHEN users.name_key = :key THEN 2 ELSE 3 END`;

/** The member with a login name or an e-mail address, for a batch. */
export function selectSignIn(text: string): InStatement {
  return {
    sql: `
      SELECT users.id, users.name, users.email, users.email_verified_at, users.language, passwords.hash
      FROM users LEFT JOIN passwords ON passwords.user_id = users.id
      WHERE users.name_key = :key OR users.email_key = :key ORDER BY ${byMeaning} LIMIT 1`,
    args: { key: fold(text) },
  };
}

/** What `selectSignIn` found: `null` for a text that means no member. */
export function toSignIn(result: ResultSet): SignInRecord | null {
  const row = result.rows[0];
  return row
    ? {
      member: { ...addresseeOf(row), emailVerified: row.email_verified_at !== null },
      passwordHash: row.hash === null ? null : String(row.hash),
    }
    : null;
}

/** The member with an id, or `null`. Throws `unavailable`. */
export async function findAddressee(db: Database, id: string): Promise<Addressee | null> {
  const { found } = await read(db, {
    found: { sql: "SELECT id, name, email, language FROM users WHERE id = ?", args: [id] },
  });
  return toAddressee(found);
}

/** Whom somebody asks to send a mail to: `email` takes the text only for an address. */
export interface Asked {
  text: string;
  only: "email" | null;
}

/** The member whom a text means, for a batch. */
export function selectAddressee({ text, only }: Asked): InStatement {
  return {
    sql: `
      SELECT id, name, email, language FROM users
      WHERE (users.name_key = :key AND :only IS NULL) OR users.email_key = :key
      ORDER BY ${byMeaning} LIMIT 1`,
    args: { key: fold(text), only },
  };
}

/** Some member, in the form of `selectAddressee`. */
export const selectAnyMember =
  "SELECT id, name, email, language FROM users WHERE id = (SELECT min(id) FROM users)";

/** The member of this id whose address is not verified, in the form of `selectAddressee`. */
export function selectUnverified(id: string): InStatement {
  return {
    sql: "SELECT id, name, email, language FROM users WHERE id = ? AND email_verified_at IS NULL",
    args: [id],
  };
}

/** What `selectAddressee` found. */
export function toAddressee(result: ResultSet): Addressee | null {
  const row = result.rows[0];
  return row ? addresseeOf(row) : null;
}

function addresseeOf(row: Row): Addressee {
  return {
    id: String(row.id),
    name: String(row.name),
    email: String(row.email),
    language: row.language === "en" ? "en" : "ko",
  };
}

/** What somebody wants to join with. */
export interface Wanted {
  name: string;
  email: string;
  /** The keyed hashes under which it may be blocked. */
  blocks: readonly string[];
  /** Whether several members may have the address until one of them verifies it. */
  shared?: boolean;
}

/**
 * How things stand for somebody who wants to join, for a batch.
 * @param id the id that the member would get: the same when the same form is sent again
 */
export function selectState(id: string, wanted: Wanted, now: number): InStatement {
  return {
    sql: `
      SELECT
        NOT EXISTS (
          SELECT 1 FROM users WHERE name_key = :name OR (email_key = :email AND NOT :shared))
          AND NOT EXISTS (
            SELECT 1 FROM rejoin_blocks
            WHERE identifier IN (SELECT value FROM json_each(:blocks)) AND expires_at > :now)
          AS free,
        EXISTS (
          SELECT 1 FROM users
          WHERE id = :id AND name_key = :name AND email_key IN (:email, ${unclaimedKey}id))
          AS added,
        EXISTS (SELECT 1 FROM users WHERE id = :id)
          OR EXISTS (SELECT 1 FROM erasures WHERE member_id = :id) AS used`,
    args: {
      id,
      name: fold(wanted.name),
      email: fold(wanted.email),
      blocks: JSON.stringify(wanted.blocks),
      shared: wanted.shared ? 1 : 0,
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
  condition?: Fragment;
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
 * @param shared adds the member also if the address is taken, with a key of its own
 * @param also further statements of the batch. They depend on the member's row
 */
export async function addMember(
  db: Database,
  member: Omit<Member, "rank" | "emailVerified">,
  { first = [], condition = { sql: "TRUE", values: {} }, store }: FirstCredential,
  blocks: readonly string[],
  { shared = false, also = [] }: { shared?: boolean; also?: readonly InStatement[] } = {},
): Promise<boolean> {
  const { added } = await write(db, {
    first,
    member: {
      sql: `
        INSERT INTO users (id, name, name_key, email, email_key, language, joined_at)
        SELECT :id, :name, :name_key, :email,
          CASE WHEN :shared AND EXISTS (SELECT 1 FROM users WHERE email_key = :email_key)
            THEN ${unclaimedKey}:id ELSE :email_key END,
          :language, :joined_at
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
        shared: shared ? 1 : 0,
        ...condition.values,
      },
    },
    credential: store(member.id),
    also,
    added: {
      sql: `
        SELECT id FROM users WHERE id = ? AND name_key = ? AND email_key IN (?, ${unclaimedKey}id)`,
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
        SELECT users.id, users.name, users.email, users.email_verified_at, users.rank, users.joined_at, withdrawals.erase_at,
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
