import { newId, secretHash } from "../../crypto/tokens.ts";
import type { Attempt } from "../../domain/throttle.ts";
import { forgetAttempt } from "./attempts.ts";
import { type AuditEntry, insertAudit } from "../operate/audit.ts";
import type { Database } from "../engine/database.ts";

/** A link works for so long, ms. */
export const recoveryMs = 30 * 60_000;

/** Makes a link for a member, and voids earlier ones. False: there is no such member. */
export async function createRecovery(
  db: Database,
  memberId: string,
  token: string,
  now: number,
  audit: AuditEntry,
): Promise<boolean> {
  const id = newId();
  const results = await db.write([
    {
      sql: `
        INSERT INTO recoveries (id, user_id, token_hash, created_at, expires_at)
        SELECT ?, users.id, ?, ?, ? FROM users WHERE users.id = ? ON CONFLICT DO NOTHING`,
      args: [id, secretHash(token), now, now + recoveryMs, memberId],
    },
    { sql: "DELETE FROM recoveries WHERE user_id = ? AND id <> ?", args: [memberId, id] },
    insertAudit(audit, now, {
      sql: "EXISTS (SELECT 1 FROM recoveries WHERE id = ?)",
      args: [id],
    }),
    { sql: "SELECT id FROM recoveries WHERE id = ?", args: [id] },
  ]);
  return results.at(-1)!.rows.length === 1;
}

/** Whose link it is, and whether a withdrawal is pending; `null` when it is unknown, used or over. */
export async function findRecovery(db: Database, token: string, now: number) {
  const [found] = await db.read([{
    sql: `
      SELECT users.id, users.name, users.email, withdrawals.erase_at
      FROM recoveries JOIN users ON users.id = recoveries.user_id
      LEFT JOIN withdrawals
        ON withdrawals.user_id = users.id AND withdrawals.restored_at IS NULL
      WHERE recoveries.token_hash = ? AND recoveries.expires_at > ? AND recoveries.used_by IS NULL`,
    args: [secretHash(token), now],
  }]);
  const row = found!.rows[0];
  return row
    ? {
      memberId: String(row.id),
      name: String(row.name),
      email: String(row.email),
      eraseAt: row.erase_at === null ? null : Number(row.erase_at),
    }
    : null;
}

/**
 * Sets a new password by a link, once, ends every session, and forgives this client the failures that
 * led here. False: the link is unknown, used or over.
 */
export async function recover(
  db: Database,
  token: string,
  newHash: string,
  now: number,
  attempt: Attempt,
): Promise<boolean> {
  const act = newId();
  const owner = "(SELECT user_id FROM recoveries WHERE used_by = :act)";
  const results = await db.write([
    {
      sql: `
        UPDATE recoveries SET used_by = :act
        WHERE token_hash = :token_hash AND expires_at > :now AND used_by IS NULL`,
      args: { act, token_hash: secretHash(token), now },
    },
    {
      sql: `UPDATE users SET password_hash = :new WHERE id = ${owner}`,
      args: { act, new: newHash },
    },
    { sql: `DELETE FROM sessions WHERE user_id = ${owner}`, args: { act } },
    ...forgetAttempt(attempt),
    { sql: "SELECT id FROM recoveries WHERE used_by = ?", args: [act] },
  ]);
  return results.at(-1)!.rows.length === 1;
}
