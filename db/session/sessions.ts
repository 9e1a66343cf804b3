import type { InStatement, ResultSet, Row } from "@libsql/client";
import { newId, secretHash } from "../../crypto/tokens.ts";
import type { Standing } from "../../domain/withdrawal.ts";
import type { Attempt } from "../../domain/throttle.ts";
import { type AuditEntry, insertAudit } from "../operate/audit.ts";
import { countAttempt, forgetAttempt, requireCounted } from "./attempts.ts";
import type { Database } from "../engine/database.ts";

/** A live session and its member. Times in ms. */
export interface Session extends Standing {
  id: string;
}

/** What a new session is made of: all of it made before the trip, so that the batch may arrive twice. */
export interface NewSession {
  id: string;
  secret: string;
  createdAt: number;
  expiresAt: number;
  userAgent: string;
}

/** The newest are kept, should a member sign in on more devices than this. */
const sessionsPerMember = 20;

/** SQL for the id of the member behind a live session; takes the secret's hash and now. */
export const memberOfSession =
  "(SELECT user_id FROM sessions WHERE secret_hash = :secret_hash AND expires_at > :now)";

/** Session and member in one query, for a batch. */
export function selectSession(secret: string, now: number): InStatement {
  return {
    sql: `
      SELECT sessions.id, sessions.authenticated_at, users.id AS user_id, users.name, users.email,
        users.rank, users.joined_at, users.password_hash, withdrawals.erase_at
      FROM sessions
      JOIN users ON users.id = sessions.user_id
      LEFT JOIN withdrawals
        ON withdrawals.user_id = users.id AND withdrawals.restored_at IS NULL
      WHERE sessions.secret_hash = ? AND sessions.expires_at > ?`,
    args: [secretHash(secret), now],
  };
}

/** The session that `selectSession` found, or `null`. */
export function toSession(result: ResultSet | undefined): Session | null {
  const row = result?.rows[0];
  return row ? { ...standing(row), id: String(row.id) } : null;
}

export async function findSession(db: Database, secret: string, now: number) {
  const [found] = await db.read([selectSession(secret, now)]);
  return toSession(found);
}

/**
 * Counts an attempt to prove a password in a session, and looks the session up, in one trip.
 * Throws `throttled`; a dead session is `null` and costs nobody an attempt.
 */
export async function findSessionCounting(
  db: Database,
  secret: string,
  attempt: Attempt,
  now: number,
): Promise<Session | null> {
  const results = await db.write([
    ...countAttempt(attempt, now, secretHash(secret)),
    selectSession(secret, now),
  ]);
  const session = toSession(results.at(-1));
  if (session) requireCounted(attempt, results.at(-2)!, now);
  return session;
}

/** The member's sessions, newest first, and the one that asks. */
export async function listSessions(db: Database, secret: string, now: number) {
  const [found, all] = await db.read([selectSession(secret, now), {
    sql: `
      SELECT id, created_at, expires_at, user_agent FROM sessions
      WHERE user_id = ${memberOfSession} AND expires_at > :now
      ORDER BY created_at DESC, id`,
    args: { secret_hash: secretHash(secret), now },
  }]);
  const session = toSession(found);
  const sessions = all!.rows.map((row) => ({
    id: String(row.id),
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    userAgent: String(row.user_agent),
    current: row.id === session?.id,
  }));
  return { session, sessions };
}

/**
 * Ends one of the member's own sessions. `ended` is null when there is none of that id; the row stays
 * until it is swept, marked by this act, for the batch may arrive twice.
 */
export async function endSession(db: Database, secret: string, id: string, now: number) {
  const act = newId();
  const args = { id, act, secret_hash: secretHash(secret), now };
  const results = await db.write([
    selectSession(secret, now),
    {
      sql: `
        UPDATE sessions SET expires_at = 0, ended_by = :act
        WHERE id = :id AND user_id = ${memberOfSession} AND expires_at > :now AND NOT EXISTS (
          SELECT 1 FROM withdrawals
          WHERE withdrawals.user_id = sessions.user_id AND restored_at IS NULL)`,
      args,
    },
    {
      sql: "SELECT secret_hash = ? AS own FROM sessions WHERE ended_by = ?",
      args: [secretHash(secret), act],
    },
  ]);
  const row = results.at(-1)!.rows[0];
  return { session: toSession(results[0]), ended: row ? { own: row.own === 1 } : null };
}

/** Ends every session of a member, on an operator's word. False: there is no such member. */
export async function endSessionsOf(
  db: Database,
  memberId: string,
  now: number,
  audit: AuditEntry,
): Promise<boolean> {
  const done = { sql: "EXISTS (SELECT 1 FROM users WHERE id = ?)", args: [memberId] };
  const results = await db.write([
    { sql: "DELETE FROM sessions WHERE user_id = ?", args: [memberId] },
    insertAudit(audit, now, done),
    { sql: "SELECT id FROM users WHERE id = ?", args: [memberId] },
  ]);
  return results.at(-1)!.rows.length === 1;
}

/** Signs out: the row is gone, whoever still holds the cookie. */
export async function closeSession(db: Database, secret: string): Promise<void> {
  await db.write([{
    sql: "DELETE FROM sessions WHERE secret_hash = ?",
    args: [secretHash(secret)],
  }]);
}

/**
 * Gives a session to a member whose password was verified: only if that hash is still the stored one.
 * Ends the session that the client came with, raises a weak hash, forgives failures, and notes the
 * sign-in. Returns whether there is a session, and when a pending withdrawal will be carried out.
 */
export async function openSession(db: Database, opening: {
  session: NewSession;
  userId: string;
  verifiedHash: string;
  strongerHash: string | null;
  previousSecret: string | null;
  attempt: Attempt;
  account: string;
  client: string;
}): Promise<{ eraseAt: number | null } | null> {
  const { session, userId, verifiedHash, attempt } = opening;
  const isOpen = "EXISTS (SELECT 1 FROM sessions WHERE id = :id)";
  const results = await db.write([
    {
      sql: `
        INSERT INTO sessions
          (id, user_id, secret_hash, created_at, authenticated_at, expires_at, user_agent)
        SELECT :id, users.id, :secret_hash, :now, :now, :expires_at, :user_agent
        FROM users WHERE users.id = :user_id AND users.password_hash = :verified
        ON CONFLICT DO NOTHING`,
      args: { ...newSessionArgs(session), user_id: userId, verified: verifiedHash },
    },
    {
      sql: `
        INSERT INTO sign_ins (id, user_id, account, client, signed_in_at, user_agent)
        SELECT :id, :user_id, :account, :client, :now, :user_agent WHERE ${isOpen}
        ON CONFLICT DO NOTHING`,
      args: {
        id: session.id,
        user_id: userId,
        account: opening.account,
        client: opening.client,
        now: session.createdAt,
        user_agent: session.userAgent,
      },
    },
    {
      sql: `
        UPDATE users SET password_hash = coalesce(:stronger, password_hash)
        WHERE id = :user_id AND password_hash = :verified AND ${isOpen}`,
      args: {
        id: session.id,
        user_id: userId,
        verified: verifiedHash,
        stronger: opening.strongerHash,
      },
    },
    {
      sql: `DELETE FROM sessions WHERE secret_hash = :previous AND ${isOpen}`,
      args: {
        id: session.id,
        previous: opening.previousSecret && secretHash(opening.previousSecret),
      },
    },
    { // `+`: or SQLite takes the index of ended_by, which is NULL in every live session of everybody
      sql: `
        DELETE FROM sessions WHERE user_id = :user_id AND id NOT IN (
          SELECT id FROM sessions WHERE user_id = :user_id AND +ended_by IS NULL
          ORDER BY created_at DESC, id = :id DESC LIMIT ${sessionsPerMember})`,
      args: { id: session.id, user_id: userId },
    },
    ...forgetAttempt(attempt),
    {
      sql: `
        SELECT withdrawals.erase_at FROM sessions
        LEFT JOIN withdrawals
          ON withdrawals.user_id = sessions.user_id AND withdrawals.restored_at IS NULL
        WHERE sessions.id = ?`,
      args: [session.id],
    },
  ]);
  const row = results.at(-1)!.rows[0];
  return row ? { eraseAt: row.erase_at === null ? null : Number(row.erase_at) } : null;
}

/**
 * Changes the password and replaces every session of the member by one new one: only if the verified
 * hash is still the stored one and the session still lives. Returns whether it did.
 */
export async function changePassword(db: Database, change: {
  secret: string;
  session: NewSession;
  verifiedHash: string;
  newHash: string;
  attempt: Attempt;
}): Promise<boolean> {
  const { session } = change;
  const owner = "(SELECT user_id FROM sessions WHERE id = :id)";
  const results = await db.write([
    {
      sql: `
        INSERT INTO sessions
          (id, user_id, secret_hash, created_at, authenticated_at, expires_at, user_agent)
        SELECT :id, users.id, :secret_hash, :now, :now, :expires_at, :user_agent
        FROM sessions JOIN users ON users.id = sessions.user_id
        WHERE sessions.secret_hash = :old_secret_hash AND sessions.expires_at > :now
          AND users.password_hash = :verified
          AND NOT EXISTS (
            SELECT 1 FROM withdrawals WHERE withdrawals.user_id = users.id AND restored_at IS NULL)
        ON CONFLICT DO NOTHING`,
      args: {
        ...newSessionArgs(session),
        old_secret_hash: secretHash(change.secret),
        verified: change.verifiedHash,
      },
    },
    {
      sql:
        `UPDATE users SET password_hash = :new WHERE id = ${owner} AND password_hash = :verified`,
      args: { id: session.id, new: change.newHash, verified: change.verifiedHash },
    },
    {
      sql: `DELETE FROM sessions WHERE user_id = ${owner} AND id <> :id`,
      args: { id: session.id },
    },
    { sql: `DELETE FROM recoveries WHERE user_id = ${owner}`, args: { id: session.id } },
    ...forgetAttempt(change.attempt),
    { sql: "SELECT id FROM sessions WHERE id = ?", args: [session.id] },
  ]);
  return results.at(-1)!.rows.length === 1;
}

function newSessionArgs(session: NewSession) {
  return {
    id: session.id,
    secret_hash: secretHash(session.secret),
    now: session.createdAt,
    expires_at: session.expiresAt,
    user_agent: session.userAgent,
  };
}

function standing(row: Row): Standing {
  return {
    member: {
      id: String(row.user_id),
      name: String(row.name),
      email: String(row.email),
      rank: String(row.rank),
      joinedAt: Number(row.joined_at),
      passwordHash: String(row.password_hash),
    },
    authenticatedAt: Number(row.authenticated_at),
    eraseAt: row.erase_at === null ? null : Number(row.erase_at),
  };
}
