import { newId, secretHash } from "../../crypto/tokens.ts";
import type { Proof } from "../../domain/proof.ts";
import type { Standing } from "../../domain/standing.ts";
import type { Attempt } from "../../domain/throttle.ts";
import { read, write } from "../engine/batch.ts";
import type { Database, InStatement, InValue, ResultSet } from "../engine/database.ts";
import type { Fragment, Source } from "../engine/source.ts";
import { setPassword } from "../identity/passwords.ts";
import { proofSource } from "../identity/proofs.ts";
import { isPending, joinPending, notPending } from "../leaving/pending.ts";
import { type AuditEntry, insertAudit } from "../operate/audit.ts";
import { forgetAttempt } from "./attempts.ts";
import { endSessionsOf, voidLinksOf } from "./end.ts";

/** A live session and its member. Times in ms. */
export interface Session extends Standing {
  id: string;
  /** To the hour. */
  lastUsedAt: number;
}

/** What a new session is made of. All of it is made before the trip, because the batch may arrive twice. */
export interface NewSession {
  id: string;
  secret: string;
  /** ms */
  createdAt: number;
  /** ms */
  expiresAt: number;
  userAgent: string;
}

const dayMs = 24 * 60 * 60_000;

/** A member who signs in on more devices than this loses the oldest session. */
const sessionsPerMember = 20;

/** The member behind a live session: SQL for the id, and the values that it names. */
export function memberOfSession(secret: string, now: number) {
  return {
    sql: "(SELECT user_id FROM sessions WHERE secret_hash = :secret_hash AND expires_at > :now)",
    values: { secret_hash: secretHash(secret), now } as Record<string, InValue>,
  };
}

/**
 * The rows and the condition that a live session stands for.
 * @param authenticatedSince ms: the member proved who they are at this time or later
 * @param proof a proof given together with the session: it has to be of the same member
 */
export function sessionSource(
  secret: string,
  authenticatedSince: number,
  proof: Proof | null,
): Source {
  const proven = proof && proofSource(proof);
  return {
    from: "sessions JOIN users ON users.id = sessions.user_id",
    where: `sessions.secret_hash = :secret_hash AND sessions.expires_at > :now
      AND sessions.authenticated_at >= :authenticated_since
      ${
      proven ? `AND users.id IN (SELECT users.id FROM ${proven.from} WHERE ${proven.where})` : ""
    }`,
    values: {
      secret_hash: secretHash(secret),
      authenticated_since: authenticatedSince,
      ...proven?.values,
    },
    first: proven?.first ?? [],
  };
}

/**
 * Makes the SELECT of a live session and its member.
 * @param columns more columns, after a comma: they may name those of `sessions` and `users`, and `:now`
 */
export function selectSession(secret: string, now: number, columns = ""): InStatement {
  return {
    sql: `
      SELECT sessions.id, sessions.authenticated_at,
        ifnull(sessions.last_used_at, sessions.created_at) AS last_used_at, users.id AS user_id, users.name, users.email,
        users.email_verified_at, users.language, users.rank, users.joined_at, withdrawals.erase_at
        ${columns}
      FROM sessions JOIN users ON users.id = sessions.user_id ${joinPending}
      WHERE sessions.secret_hash = :secret_hash AND sessions.expires_at > :now`,
    args: { secret_hash: secretHash(secret), now },
  };
}

/** What `selectSession` found: `null` where the session is over. */
export function toSession(result: ResultSet): Session | null {
  const row = result.rows[0];
  return row
    ? {
      id: String(row.id),
      member: {
        id: String(row.user_id),
        name: String(row.name),
        email: String(row.email),
        emailVerified: row.email_verified_at !== null,
        language: row.language === "en" ? "en" : "ko",
        rank: String(row.rank),
        joinedAt: Number(row.joined_at),
      },
      authenticatedAt: Number(row.authenticated_at),
      lastUsedAt: Number(row.last_used_at),
      eraseAt: row.erase_at === null ? null : Number(row.erase_at),
    }
    : null;
}

/**
 * SQL: a session is open, and the account was used before: it has another sign-in in the last 90 days, or
 * was made more than a day ago. So the first sign-in of a new member counts as no new device.
 * @param now ms
 */
export function opensUsedAccount(id: string, now: number): Fragment {
  return {
    sql: `EXISTS (
      SELECT 1 FROM sessions AS opened JOIN users ON users.id = opened.user_id
      WHERE opened.id = :opened AND (users.joined_at < :day_ago OR EXISTS (
        SELECT 1 FROM sign_ins WHERE sign_ins.user_id = users.id AND sign_ins.id <> opened.id)))`,
    values: { opened: id, day_ago: now - dayMs },
  };
}

/** Throws `unavailable`. */
export async function findSession(
  db: Database,
  secret: string,
  now: number,
): Promise<Session | null> {
  const { found } = await read(db, { found: selectSession(secret, now) });
  return toSession(found);
}

/** The member's sessions, newest first, and the one that asks. Throws `unavailable`. */
export async function listSessions(db: Database, secret: string, now: number) {
  const member = memberOfSession(secret, now);
  const { found, all } = await read(db, {
    found: selectSession(secret, now),
    all: {
      sql: `
        SELECT id, created_at, ifnull(last_used_at, created_at) AS last_used_at, expires_at, user_agent
        FROM sessions
        WHERE user_id = ${member.sql} AND expires_at > :now
        ORDER BY created_at DESC, id`,
      args: member.values,
    },
  });
  const session = toSession(found);
  const sessions = all.rows.map((row) => ({
    id: String(row.id),
    createdAt: Number(row.created_at),
    lastUsedAt: Number(row.last_used_at),
    expiresAt: Number(row.expires_at),
    userAgent: String(row.user_agent),
    current: row.id === session?.id,
  }));
  return { session, sessions };
}

/**
 * Ends one of the member's own sessions. `ended` is null when there is none of that id. The row stays
 * until it is swept, marked by this act, because the batch may arrive twice. Throws `unavailable`.
 */
export async function endSession(db: Database, secret: string, id: string, now: number) {
  const act = newId();
  const member = memberOfSession(secret, now);
  const { found, ended } = await write(db, {
    found: selectSession(secret, now),
    end: {
      sql: `
        UPDATE sessions SET expires_at = 0, ended_by = :act
        WHERE id = :id AND user_id = ${member.sql} AND expires_at > :now AND NOT EXISTS (
          SELECT 1 FROM withdrawals
          WHERE withdrawals.user_id = sessions.user_id AND ${isPending})`,
      args: { id, act, ...member.values },
    },
    ended: {
      sql: "SELECT secret_hash = ? AS own FROM sessions WHERE ended_by = ?",
      args: [secretHash(secret), act],
    },
  });
  const row = ended.rows[0];
  return { session: toSession(found), ended: row ? { own: row.own === 1 } : null };
}

/** Notes when a session was used. Throws `unavailable`. */
export async function touchSession(db: Database, id: string, now: number): Promise<void> {
  await write(db, {
    touch: { sql: "UPDATE sessions SET last_used_at = ? WHERE id = ?", args: [now, id] },
  });
}

/**
 * Ends the member's other sessions, unless a withdrawal is pending. Returns the session that asks, or `null`
 * if it is over. Throws `unavailable`.
 */
export async function endOtherSessions(db: Database, secret: string, now: number) {
  const member = memberOfSession(secret, now);
  const { found } = await write(db, {
    found: selectSession(secret, now),
    end: {
      sql: `
        DELETE FROM sessions
        WHERE user_id = ${member.sql} AND secret_hash <> :secret_hash AND NOT EXISTS (
          SELECT 1 FROM withdrawals
          WHERE withdrawals.user_id = sessions.user_id AND ${isPending})`,
      args: member.values,
    },
  });
  return toSession(found);
}

/** Ends every session of a member, as an operator's act. False: no member has this id. */
export async function signOutMember(
  db: Database,
  memberId: string,
  now: number,
  audit: AuditEntry,
): Promise<boolean> {
  const done = { sql: "EXISTS (SELECT 1 FROM users WHERE id = ?)", args: [memberId] };
  const { member } = await write(db, {
    end: { sql: endSessionsOf("?"), args: [memberId] },
    audit: insertAudit(audit, now, done),
    member: { sql: "SELECT id FROM users WHERE id = ?", args: [memberId] },
  });
  return member.rows.length === 1;
}

/** Ends every session of every member, as an operator's act: a restored backup revives ended sessions. */
export async function endAllSessions(db: Database, audit: AuditEntry, now: number): Promise<void> {
  await write(db, { end: "DELETE FROM sessions", audit: insertAudit(audit, now) });
}

/** Signs out: every copy of the cookie is worthless from now on. */
export async function closeSession(db: Database, secret: string): Promise<void> {
  await write(db, {
    close: { sql: "DELETE FROM sessions WHERE secret_hash = ?", args: [secretHash(secret)] },
  });
}

/** SQL: a session for the member whom the source selects, once. */
function insertSession(session: NewSession, { from, where, values }: Source): InStatement {
  return {
    sql: `
      INSERT INTO sessions
        (id, user_id, secret_hash, created_at, authenticated_at, expires_at, user_agent)
      SELECT :id, users.id, :new_secret_hash, :now, :now, :expires_at, :user_agent
      FROM ${from} WHERE ${where}
      ON CONFLICT DO NOTHING`,
    args: {
      id: session.id,
      new_secret_hash: secretHash(session.secret),
      now: session.createdAt,
      expires_at: session.expiresAt,
      user_agent: session.userAgent,
      ...values,
    },
  };
}

/**
 * Opens a session if the verified credential is still stored; otherwise returns `null`. Ends the session
 * that the client came with, deletes the failed attempts, and notes the sign-in. Throws `unavailable`.
 */
export async function openSession(db: Database, opening: {
  session: NewSession;
  proof: Proof;
  previousSecret: string | null;
  attempt: Attempt;
  /** Keyed hash of the login name. */
  account: string;
  /** Keyed hash of the client's network. */
  client: string;
  /** Whether the member's address has to be verified. */
  verifiedOnly?: boolean;
  /** Further statements of the batch. They depend on the session's row. */
  also: readonly InStatement[];
}): Promise<{ eraseAt: number | null } | null> {
  const { session, previousSecret, attempt } = opening;
  const { id } = session;
  const proven = proofSource(opening.proof);
  const source = opening.verifiedOnly
    ? { ...proven, where: `${proven.where} AND users.email_verified_at IS NOT NULL` }
    : proven;
  const isOpen = "EXISTS (SELECT 1 FROM sessions WHERE id = :id)";
  const owner = "(SELECT user_id FROM sessions WHERE id = :id)";
  const { opened } = await write(db, {
    first: source.first ?? [],
    open: insertSession(session, source),
    note: {
      sql: `
        INSERT INTO sign_ins (id, user_id, account, client, signed_in_at, user_agent)
        SELECT id, user_id, :account, :client, created_at, user_agent FROM sessions WHERE id = :id
        ON CONFLICT DO NOTHING`,
      args: { id, account: opening.account, client: opening.client },
    },
    also: opening.also,
    closePrevious: {
      sql: `DELETE FROM sessions WHERE secret_hash = :previous AND ${isOpen}`,
      args: { id, previous: previousSecret && secretHash(previousSecret) },
    },
    // `+` keeps SQLite from the index of `ended_by`, which is NULL in the live sessions of all members.
    dropOldest: {
      sql: `
        DELETE FROM sessions WHERE user_id = ${owner} AND id NOT IN (
          SELECT id FROM sessions WHERE user_id = ${owner} AND +ended_by IS NULL
          ORDER BY created_at DESC, id = :id DESC LIMIT ${sessionsPerMember})`,
      args: { id },
    },
    forget: forgetAttempt(attempt),
    opened: {
      sql: `
        SELECT withdrawals.erase_at FROM sessions JOIN users ON users.id = sessions.user_id
        ${joinPending} WHERE sessions.id = ?`,
      args: [id],
    },
  });
  const row = opened.rows[0];
  return row ? { eraseAt: row.erase_at === null ? null : Number(row.erase_at) } : null;
}

/**
 * Makes a live session fresh on a proof, under a new secret (OWASP ASVS 5.0 7.2.4), and forgives
 * failures. False: the session is over, or the proof no longer holds. Throws `unavailable`.
 */
export async function freshenSession(db: Database, freshening: {
  secret: string;
  newSecret: string;
  proof: Proof;
  attempt: Attempt;
  now: number;
  /** Further statements of the batch. They depend on the new secret. */
  also?: readonly InStatement[];
}): Promise<boolean> {
  const { now, also = [] } = freshening;
  const source = sessionSource(freshening.secret, 0, freshening.proof);
  const { from, where, values, first = [] } = source;
  const { fresh } = await write(db, {
    first,
    freshen: {
      sql: `
        UPDATE sessions SET authenticated_at = :now, secret_hash = :new_secret_hash
        WHERE id IN (SELECT sessions.id FROM ${from} WHERE ${where} AND ${notPending})`,
      args: { ...values, now, new_secret_hash: secretHash(freshening.newSecret) },
    },
    also,
    forget: forgetAttempt(freshening.attempt),
    fresh: {
      sql: "SELECT id FROM sessions WHERE secret_hash = ?",
      args: [secretHash(freshening.newSecret)],
    },
  });
  return fresh.rows.length === 1;
}

/**
 * Sets a new password in a live session, and replaces every session of the member by one new one. False:
 * the session is over or too old, or the proof no longer holds. Throws `unavailable`.
 */
export async function changePassword(db: Database, change: {
  secret: string;
  session: NewSession;
  /** A proof given with the new password. */
  proof: Proof | null;
  /** ms: the member proved who they are in this session at this time or later. */
  authenticatedSince: number;
  newHash: string;
  /** The attempt that was counted for the proof. */
  attempt: Attempt | null;
  /** Makes further statements of the batch. `done` is SQL for whether the password was set. */
  also: (done: Fragment) => readonly InStatement[];
}): Promise<boolean> {
  const { id, createdAt: now } = change.session;
  const source = sessionSource(change.secret, change.authenticatedSince, change.proof);
  const owner = { sql: "(SELECT user_id FROM sessions WHERE id = :id)", values: { id } };
  const { changed } = await write(db, {
    first: source.first ?? [],
    open: insertSession(change.session, { ...source, where: `${source.where} AND ${notPending}` }),
    set: setPassword(owner, change.newHash, now),
    endOthers: { sql: `${endSessionsOf(owner.sql)} AND id <> :id`, args: { id } },
    voidLinks: { sql: voidLinksOf(owner.sql), args: { id } },
    also: change.also({ sql: `${owner.sql} IS NOT NULL`, values: owner.values }),
    forget: change.attempt ? forgetAttempt(change.attempt) : [],
    changed: { sql: "SELECT id FROM sessions WHERE id = ?", args: [id] },
  });
  return changed.rows.length === 1;
}
