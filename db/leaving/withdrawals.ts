import type { RecipientName } from "../../domain/receipt.ts";
import type { InStatement, InValue } from "@libsql/client";
import { AppError } from "../../domain/error.ts";
import type { Reason } from "../../domain/withdrawal.ts";
import type { Entry } from "../../domain/data_map.ts";
import { newId, secretHash } from "../../crypto/tokens.ts";
import type { Member } from "../../domain/member.ts";
import { type AuditEntry, insertAudit } from "../operate/audit.ts";
import { type Inventory, retryOnSchemaChange } from "../map/inventory.ts";
import { type Initiator, type InitiatorSource, initiatorSource } from "./initiator.ts";
import type { Database } from "../engine/database.ts";
import { insertEvent } from "../outbox/deliveries.ts";
import { belongsTo, bind, type Places, selectColumns, selectCounts } from "../map/sql.ts";
import { countUncovered, coverage, mayRefer, selectUncovered } from "../map/schema.ts";
import { rehearse } from "./erase.ts";
import type { Obstacle } from "./obstacle.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../session/sessions.ts";

/** What leaving would do with one place of the map. */
export interface PreviewLine {
  entry: Entry;
  gone: number;
  kept: number;
  /** ms */
  until: number | null;
}

/**
 * Session and real counts in one trip, and what would be in the way now. Finding that out takes a second
 * trip, made only where the schema has something that can be in the way. Throws `unavailable`.
 */
export async function previewWithdrawal(
  db: Database,
  inventory: Inventory,
  secret: string,
  now: number,
): Promise<{ session: Session | null; lines: PreviewLine[]; obstacle: Obstacle | null }> {
  const { session, lines, canBeBlocked } = await countLines(db, inventory, secret, now);
  if (!session || session.eraseAt !== null || !canBeBlocked) {
    return { session, lines, obstacle: null };
  }
  const terms = {
    now,
    receiptId: newId(),
    backupDays: null,
    recipients: [],
    rejoin: null,
    reason: null,
  };
  const initiator = { by: "member", memberId: session.member.id } as const;
  const obstacle = await rehearse(db, inventory, initiator, terms)
    .catch(unlessUnwritable);
  return { session, lines, obstacle };
}

/** A preview is worth showing while nothing can be written. */
function unlessUnwritable(error: unknown): null {
  if (error instanceof AppError) return null;
  throw error;
}

async function countLines(db: Database, inventory: Inventory, secret: string, now: number) {
  return await retryOnSchemaChange(inventory, "as far as known", async (places) => {
    const counts = selectCounts(places, (entry) => belongsTo(places, entry, memberOfSession));
    const [found, covered, counted, blocking] = await db.read([
      selectSession(secret, now),
      selectUncovered(places),
      bind(counts, { secret_hash: secretHash(secret), now }),
      selectBlocking,
    ]);
    const parsed = JSON.parse(String(counted!.rows[0]!.counts));
    const lines = places.all.map((entry, index) => {
      const [gone, kept, until] = parsed[index];
      return { entry, gone, kept, until };
    });
    const canBeBlocked = blocking!.rows[0]!.blocking === 1 ||
      places.entries.some(({ disposition }) => disposition === "anonymise");
    const value = { session: toSession(found), lines, canBeBlocked };
    return { value, uncovered: Number(covered!.rows[0]!.uncovered) };
  });
}

/** A SELECT of whether the schema has a trigger, or a foreign key that lets no row go which is referred to. */
const selectBlocking = `
  SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'trigger') OR EXISTS (
    SELECT 1 FROM sqlite_schema AS live JOIN pragma_foreign_key_list(live.name) AS key
    WHERE ${mayRefer} AND key.on_delete NOT IN ('CASCADE', 'SET NULL')) AS blocking`;

/**
 * Begins the grace period and ends every session of the member: only while all that it was decided on
 * still holds. Returns whether it did. Throws `unavailable`.
 */
export async function scheduleWithdrawal(
  db: Database,
  inventory: Inventory,
  schedule: {
    initiator: Initiator;
    /** ms */
    eraseAt: number;
    receiptId: string;
    recipients: readonly RecipientName[];
    reason: Reason | null;
    now: number;
  },
): Promise<boolean> {
  const { now } = schedule;
  const source = initiatorSource(schedule.initiator);
  return await retryOnSchemaChange(inventory, "must be complete", async (places) => {
    const id = newId();
    const values = {
      id,
      now,
      receipt_id: schedule.receiptId,
      erase_at: schedule.eraseAt,
      ...source.values,
      ...coverage(places),
      reason: schedule.reason,
      reason_id: newId(),
      reason_day: new Date(now).toISOString().slice(0, 10),
    };
    const results = await db.write([
      selectColumns(places),
      ...statements(places, source, schedule.reason !== null).map((sql) => bind(sql, values)),
      ...schedule.recipients.map(({ name }) =>
        insertEvent("member.withdrawal_scheduled", name, now, {
          from: "withdrawals",
          where: "id = ?",
          args: [id],
        })
      ),
      bind(
        `SELECT EXISTS (SELECT 1 FROM withdrawals WHERE id = :id) AS scheduled,
          ${countUncovered(places)} AS uncovered`,
        values,
      ),
    ]);
    const verdict = results.at(-1)!.rows[0]!;
    return verdict.scheduled === 1
      ? { value: true, uncovered: 0 }
      : { value: false, uncovered: Number(verdict.uncovered) };
  });
}

function statements(
  places: Places,
  { from, where }: InitiatorSource,
  withReason: boolean,
): string[] {
  const scheduled = "EXISTS (SELECT 1 FROM withdrawals WHERE id = :id)";
  const owner = "(SELECT user_id FROM withdrawals WHERE id = :id AND restored_at IS NULL)";
  const reason = `
    INSERT INTO reasons (id, day, reason) SELECT :reason_id, :reason_day, :reason
    WHERE ${scheduled} ON CONFLICT DO NOTHING`;
  return [
    `INSERT INTO withdrawals (id, user_id, receipt_id, requested_at, erase_at)
     SELECT :id, users.id, :receipt_id, :now, :erase_at
     FROM ${from} WHERE ${where} AND ${countUncovered(places)} = 0
     ON CONFLICT DO NOTHING`,
    `DELETE FROM sessions WHERE user_id = ${owner}`,
    `DELETE FROM recoveries WHERE user_id = ${owner}`,
    ...(withReason ? [reason] : []),
  ];
}

/**
 * Takes a pending withdrawal back, in one trip. `restored` is false when nothing was pending or its
 * deadline has passed.
 */
export async function restoreMember(
  db: Database,
  secret: string,
  recipients: readonly RecipientName[],
  now: number,
): Promise<{ session: Session | null; restored: boolean }> {
  const member = { sql: memberOfSession, values: { secret_hash: secretHash(secret), now } };
  const [found, ...results] = await db.write([
    selectSession(secret, now),
    ...restoration(member, recipients, now),
  ]);
  return { session: toSession(found), restored: results.at(-1)!.rows.length === 1 };
}

/** The same on an operator's word. */
export async function restoreById(
  db: Database,
  memberId: string,
  recipients: readonly RecipientName[],
  now: number,
  audit: AuditEntry,
): Promise<boolean> {
  const member = { sql: ":member_id", values: { member_id: memberId } };
  const results = await db.write(restoration(member, recipients, now, audit));
  return results.at(-1)!.rows.length === 1;
}

/** Marks the open withdrawal by an act of our own, whose row is the verdict. */
function restoration(
  member: { sql: string; values: Record<string, InValue> },
  recipients: readonly RecipientName[],
  now: number,
  audit: AuditEntry | null = null,
): InStatement[] {
  const act = newId();
  const done = { sql: "EXISTS (SELECT 1 FROM withdrawals WHERE restored_by = ?)", args: [act] };
  return [
    bind(
      `UPDATE withdrawals SET restored_at = :now, restored_by = :act
       WHERE user_id = ${member.sql} AND restored_at IS NULL AND erase_at > :now`,
      { ...member.values, act, now },
    ),
    ...recipients.map(({ name }) =>
      insertEvent("member.restored", name, now, {
        from: "withdrawals",
        where: "restored_by = ?",
        args: [act],
      })
    ),
    ...(audit ? [insertAudit(audit, now, done)] : []),
    { sql: "SELECT id FROM withdrawals WHERE restored_by = ?", args: [act] },
  ];
}

/** For an operator: who is about to leave, by deadline. */
export async function listPending(db: Database, limit: number) {
  const [result] = await db.read([{
    sql: `
      SELECT user_id, receipt_id, requested_at, erase_at FROM withdrawals
      WHERE restored_at IS NULL ORDER BY erase_at LIMIT ?`,
    args: [limit],
  }]);
  return result!.rows;
}

/** For an operator: how often each reason was given, by month. */
export async function countReasons(db: Database) {
  const [result] = await db.read([
    `SELECT substr(day, 1, 7) AS month, reason, count(*) AS count FROM reasons
     GROUP BY month, reason ORDER BY month DESC, count DESC, reason`,
  ]);
  return result!.rows;
}

/** A withdrawal whose grace period is over. */
export interface DueWithdrawal {
  id: string;
  receiptId: string;
  /** ms */
  eraseAt: number;
  member: Pick<Member, "name" | "email">;
}

/** Due withdrawals, the longest overdue first: a page of them, after the last of the page before. */
export async function dueWithdrawals(
  db: Database,
  now: number,
  after: { eraseAt: number; id: string },
  limit: number,
): Promise<DueWithdrawal[]> {
  const [due] = await db.read([{
    sql: `
      SELECT withdrawals.id, withdrawals.receipt_id, withdrawals.erase_at, users.name, users.email
      FROM withdrawals JOIN users ON users.id = withdrawals.user_id
      WHERE withdrawals.restored_at IS NULL AND withdrawals.erase_at <= ?
        AND (withdrawals.erase_at, withdrawals.id) > (?, ?)
      ORDER BY withdrawals.erase_at, withdrawals.id LIMIT ?`,
    args: [now, after.eraseAt, after.id, limit],
  }]);
  return due!.rows.map((row) => ({
    id: String(row.id),
    receiptId: String(row.receipt_id),
    eraseAt: Number(row.erase_at),
    member: { name: String(row.name), email: String(row.email) },
  }));
}

/** The oldest deadline that passed before `limit` (ms) without an erasure, or `null`. */
export async function overdueSince(db: Database, limit: number): Promise<number | null> {
  const [oldest] = await db.read([{
    sql: `
      SELECT erase_at FROM withdrawals WHERE restored_at IS NULL AND erase_at <= ?
      ORDER BY erase_at LIMIT 1`,
    args: [limit],
  }]);
  const row = oldest!.rows[0];
  return row ? Number(row.erase_at) : null;
}
