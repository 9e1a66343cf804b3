import type { InStatement } from "@libsql/client";
import { fold, type Member } from "../../domain/member.ts";
import type { Attempt } from "../../domain/throttle.ts";
import { countAttempt, requireCounted } from "../session/attempts.ts";
import type { Database } from "../engine/database.ts";

/** What a member signs in with, or `null` for a name that nobody has. */
export interface Credentials {
  userId: string;
  name: string;
  passwordHash: string;
}

/** Counts the attempt and looks the name up, in one trip. Throws `throttled`. */
export async function findCredentials(
  db: Database,
  name: string,
  attempt: Attempt,
  now: number,
): Promise<Credentials | null> {
  const results = await db.write([...countAttempt(attempt, now), {
    sql: "SELECT id, name, password_hash FROM users WHERE name_key = ?",
    args: [fold(name)],
  }]);
  requireCounted(attempt, results.at(-2)!, now);
  const row = results.at(-1)!.rows[0];
  return row
    ? { userId: String(row.id), name: String(row.name), passwordHash: String(row.password_hash) }
    : null;
}

/** Counts the attempt and says whether name and e-mail are free, in one trip. Throws `throttled`. */
export async function isFree(
  db: Database,
  wanted: { name: string; email: string; blocks: readonly string[] },
  attempt: Attempt,
  now: number,
): Promise<boolean> {
  const results = await db.write([...countAttempt(attempt, now), selectFree(wanted, now)]);
  requireCounted(attempt, results.at(-2)!, now);
  return results.at(-1)!.rows[0]?.free === 1;
}

/** Adds a member. False: the name or the e-mail is taken, or may not join again yet. */
export async function addMember(
  db: Database,
  member: Omit<Member, "rank">,
  blocks: readonly string[],
): Promise<boolean> {
  const results = await db.write([
    {
      sql: `
        INSERT INTO users (id, name, name_key, email, email_key, password_hash, joined_at)
        SELECT ?, ?, ?, ?, ?, ?, ?
        WHERE NOT EXISTS (
          SELECT 1 FROM rejoin_blocks
          WHERE identifier IN (SELECT value FROM json_each(?)) AND expires_at > ?)
        ON CONFLICT DO NOTHING`,
      args: [
        ...[member.id, member.name, fold(member.name), member.email, fold(member.email)],
        ...[member.passwordHash, member.joinedAt],
        ...[JSON.stringify(blocks), member.joinedAt],
      ],
    },
    { sql: "SELECT id FROM users WHERE id = ?", args: [member.id] },
  ]);
  return results.at(-1)!.rows.length === 1;
}

function selectFree(
  wanted: { name: string; email: string; blocks: readonly string[] },
  now: number,
): InStatement {
  return {
    sql: `
      SELECT NOT EXISTS (SELECT 1 FROM users WHERE name_key = ? OR email_key = ?)
        AND NOT EXISTS (
          SELECT 1 FROM rejoin_blocks
          WHERE identifier IN (SELECT value FROM json_each(?)) AND expires_at > ?) AS free`,
    args: [fold(wanted.name), fold(wanted.email), JSON.stringify(wanted.blocks), now],
  };
}

/**
 * For an operator: members by id, e-mail or login name, in this order. `found_by` says which of the three
 * fits. `warning` marks a login name that is another member's e-mail address, which came by an import or
 * was registered before such names were refused.
 */
export async function findMember(db: Database, text: string) {
  const [result] = await db.read([{
    sql: `
      SELECT users.id, users.name, users.email, users.rank, users.joined_at, withdrawals.erase_at,
        (SELECT count(*) FROM sessions WHERE user_id = users.id AND ended_by IS NULL) AS sessions,
        CASE WHEN users.id = :id THEN 'id' WHEN users.email_key = :key THEN 'e-mail' ELSE 'name' END
          AS found_by,
        CASE WHEN EXISTS (
          SELECT 1 FROM users AS other
          WHERE other.email_key = users.name_key AND other.id <> users.id)
          THEN 'the name is another member''s e-mail' END AS warning
      FROM users LEFT JOIN withdrawals
        ON withdrawals.user_id = users.id AND withdrawals.restored_at IS NULL
      WHERE users.id = :id OR users.name_key = :key OR users.email_key = :key
      ORDER BY users.id = :id DESC, users.email_key = :key DESC`,
    args: { id: text, key: fold(text) },
  }]);
  return result!.rows;
}
