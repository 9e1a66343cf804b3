import { newId, secretHash } from "../../crypto/tokens.ts";
import type { LinkPurpose } from "../../domain/proof.ts";
import type { Attempt } from "../../domain/throttle.ts";
import { read, write } from "../engine/batch.ts";
import type { Database, InStatement } from "../engine/database.ts";
import { setPassword } from "../identity/passwords.ts";
import { joinPending } from "../leaving/pending.ts";
import { type AuditEntry, insertAudit } from "../operate/audit.ts";
import { forgetAttempt } from "./attempts.ts";
import { endSessionsOf } from "./end.ts";

/** How long a recovery link works, ms. */
export const recoveryMs = 30 * 60_000;

/**
 * Makes a link for a member, on behalf of an operator, and deletes earlier links of the same purpose.
 * @param link `now` and `lifeMs`, the time for which it works, in ms
 * @returns false if no member has this id
 * @throws `unavailable`
 */
export async function createLink(db: Database, link: {
  purpose: LinkPurpose;
  memberId: string;
  token: string;
  now: number;
  lifeMs: number;
  audit: AuditEntry;
}): Promise<boolean> {
  const { purpose, memberId, now } = link;
  const id = newId();
  const { made } = await write(db, {
    make: {
      sql: `
        INSERT INTO links (id, purpose, user_id, token_hash, created_at, expires_at)
        SELECT ?, ?, users.id, ?, ?, ? FROM users WHERE users.id = ? ON CONFLICT DO NOTHING`,
      args: [id, purpose, secretHash(link.token), now, now + link.lifeMs, memberId],
    },
    voidEarlier: {
      sql: "DELETE FROM links WHERE user_id = ? AND purpose = ? AND id <> ?",
      args: [memberId, purpose, id],
    },
    audit: insertAudit(link.audit, now, {
      sql: "EXISTS (SELECT 1 FROM links WHERE id = ?)",
      args: [id],
    }),
    made: { sql: "SELECT id FROM links WHERE id = ?", args: [id] },
  });
  return made.rows.length === 1;
}

/** The member of a link. */
export interface FoundLink {
  memberId: string;
  name: string;
  email: string;
  /** When a pending withdrawal will be carried out, ms. */
  eraseAt: number | null;
}

/**
 * Finds the member of a link.
 * @param now ms
 * @returns `null` if the link is unknown, used or expired
 * @throws `unavailable`
 */
export async function findLink(
  db: Database,
  purpose: LinkPurpose,
  token: string,
  now: number,
): Promise<FoundLink | null> {
  const { found } = await read(db, { found: selectLink(purpose, token, now) });
  const row = found.rows[0];
  return row
    ? {
      memberId: String(row.id),
      name: String(row.name),
      email: String(row.email),
      eraseAt: row.erase_at === null ? null : Number(row.erase_at),
    }
    : null;
}

function selectLink(purpose: LinkPurpose, token: string, now: number): InStatement {
  return {
    sql: `
      SELECT users.id, users.name, users.email, withdrawals.erase_at
      FROM links JOIN users ON users.id = links.user_id ${joinPending}
      WHERE links.purpose = ? AND links.token_hash = ? AND links.expires_at > ?
        AND links.used_by IS NULL`,
    args: [purpose, secretHash(token), now],
  };
}

/**
 * Uses a recovery link: sets the password, ends all of the member's sessions, and deletes the failed
 * attempts of this client. The batch may arrive twice, but a link works only once.
 * @param newHash PHC string
 * @param now ms
 * @returns false if the link is unknown, used or expired
 * @throws `unavailable`
 */
export async function recover(
  db: Database,
  token: string,
  newHash: string,
  now: number,
  attempt: Attempt,
): Promise<boolean> {
  const act = newId();
  const owner = { sql: "(SELECT user_id FROM links WHERE used_by = :act)", values: { act } };
  const { used } = await write(db, {
    use: {
      sql: `
        UPDATE links SET used_by = :act
        WHERE purpose = 'recovery' AND token_hash = :token_hash AND expires_at > :now
          AND used_by IS NULL`,
      args: { act, token_hash: secretHash(token), now },
    },
    set: setPassword(owner, newHash, now),
    endSessions: { sql: endSessionsOf(owner.sql), args: owner.values },
    forget: forgetAttempt(attempt),
    used: { sql: "SELECT id FROM links WHERE used_by = ?", args: [act] },
  });
  return used.rows.length === 1;
}
