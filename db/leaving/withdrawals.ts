import type { RecipientName } from "../../domain/receipt.ts";
import type { Reason } from "../../domain/withdrawal.ts";
import type { Entry, Subject } from "../../domain/data_map.ts";
import { newId } from "../../crypto/tokens.ts";
import type { Member } from "../../domain/member.ts";
import { type AuditEntry, insertAudit } from "../operate/audit.ts";
import { type Inventory, retryOnSchemaChange } from "../map/inventory.ts";
import { type Initiator, joinSubject } from "./initiator.ts";
import { isPending } from "./pending.ts";
import { write } from "../engine/batch.ts";
import type { Database, InStatement, ResultSet, Row } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";
import { insertReason, reasonValues } from "./reasons.ts";
import { insertEvent } from "../outbox/deliveries.ts";
import type { MailCondition } from "../outbox/mails.ts";
import {
  belongsTo,
  bind,
  type Places,
  selectColumns,
  selectCounts,
  subjectColumn,
  subjectId,
} from "../map/sql.ts";
import { countUncovered, coverage, mayRefer, selectUncovered } from "../map/schema.ts";

/** What an erasure would do with the rows of one entry of the data map. */
export interface PreviewLine {
  entry: Entry;
  /** Rows that are destroyed or anonymised. */
  gone: number;
  /** Rows that are kept apart. */
  kept: number;
  /** When the last kept row is deleted, ms. */
  until: number | null;
}

/**
 * Counts what an erasure would do. One round trip.
 * @param beside SELECTs to run in the same round trip; their results are returned
 * @param now ms
 * @returns `canBeBlocked`: whether the schema has something that can make an erasure fail
 * @throws `unavailable`
 */
export async function previewWithdrawal(
  db: Database,
  inventory: Inventory,
  member: Fragment,
  beside: readonly InStatement[],
  now: number,
): Promise<{ lines: PreviewLine[]; canBeBlocked: boolean; beside: readonly ResultSet[] }> {
  return await retryOnSchemaChange(inventory, "as far as known", async (places) => {
    const counts = selectCounts(places, (entry) => belongsTo(places, entry, member.sql));
    const [covered, counted, blocking, ...results] = await db.read([
      selectUncovered(places),
      bind(counts, { ...member.values, now }),
      selectBlocking(places),
      ...beside,
    ]);
    const parsed = JSON.parse(String(counted!.rows[0]!.counts));
    const lines = places.all.map((entry, index) => {
      const [gone, kept, until] = parsed[index];
      return { entry, gone, kept, until };
    });
    const canBeBlocked = blocking!.rows[0]!.blocking === 1 ||
      places.entries.some(({ disposition }) => disposition === "anonymise");
    const value = { lines, canBeBlocked, beside: results };
    return { value, uncovered: Number(covered!.rows[0]!.uncovered) };
  });
}

/** Selects whether the schema has a trigger of an app, or a foreign key that forbids to delete the row it refers to. */
const selectBlocking = (places: Places) => `
  SELECT EXISTS (
    SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name <> 'erasures_into_ledger') OR EXISTS (
    SELECT 1 FROM sqlite_schema AS live JOIN pragma_foreign_key_list(live.name) AS key
    WHERE ${mayRefer(places)} AND key.on_delete NOT IN ('CASCADE', 'SET NULL')) AS blocking`;

/** The terms of a scheduled withdrawal. */
export interface ScheduleTerms {
  /** The deadline, ms. */
  eraseAt: number;
  /** The number of the future receipt, which the member learns now. */
  receiptId: string;
  recipients: readonly RecipientName[];
  reason: Reason | null;
  /** ms */
  now: number;
  /** SQL that signs the member out; `member` is SQL for the member's id. */
  signOut: readonly ((member: string) => string)[];
  /** Makes further statements of the batch. `done` is SQL for whether the withdrawal is scheduled. */
  also: (done: MailCondition) => readonly InStatement[];
}

/**
 * Begins the grace period and signs the member out, in one atomic batch.
 * @returns false if the initiator's condition no longer holds; nothing has changed then
 * @throws `unavailable`
 */
export async function scheduleWithdrawal(
  db: Database,
  inventory: Inventory,
  initiator: Initiator,
  terms: ScheduleTerms,
): Promise<boolean> {
  const { now } = terms;
  return await retryOnSchemaChange(inventory, "must be complete", async (places) => {
    const id = newId();
    const values = {
      id,
      now,
      receipt_id: terms.receiptId,
      erase_at: terms.eraseAt,
      ...initiator.values,
      ...coverage(places),
      ...reasonValues(terms.reason, now),
    };
    const { verdict } = await write(db, {
      first: initiator.first ?? [],
      columns: selectColumns(places),
      schedule: bind(
        `INSERT INTO withdrawals (id, user_id, receipt_id, requested_at, erase_at)
         SELECT :id, ${subjectId(places.subject)}, :receipt_id, :now, :erase_at
         FROM ${initiator.from} WHERE ${initiator.where} AND ${countUncovered(places)} = 0
         ON CONFLICT DO NOTHING`,
        values,
      ),
      signOut: terms.signOut.map((end) => bind(end(owner), values)),
      reason: insertReason(terms.reason, scheduled, values),
      tell: terms.recipients.map(({ name }) =>
        insertEvent("member.withdrawal_scheduled", name, now, {
          from: "withdrawals",
          where: "id = ?",
          args: [id],
        })
      ),
      also: terms.also({ sql: scheduled, values: { id } }),
      verdict: bind(
        `SELECT ${scheduled} AS scheduled, ${countUncovered(places)} AS uncovered`,
        values,
      ),
    });
    const row = verdict.rows[0]!;
    return row.scheduled === 1
      ? { value: true, uncovered: 0 }
      : { value: false, uncovered: Number(row.uncovered) };
  });
}

const scheduled = "EXISTS (SELECT 1 FROM withdrawals WHERE id = :id)";
const owner = `(SELECT user_id FROM withdrawals WHERE id = :id AND ${isPending})`;

/**
 * Cancels a member's pending withdrawal. One round trip.
 * @param now ms
 * @param beside a SELECT to run first in the same round trip; its result is returned
 * @param audit written to the audit log if the withdrawal is cancelled
 * @param also makes further statements of the batch; `done` is SQL for whether the withdrawal is cancelled
 * @returns `restored`: false if nothing is pending or the deadline has passed
 * @throws `unavailable`
 */
export async function restoreMember(
  db: Database,
  member: Fragment,
  recipients: readonly RecipientName[],
  now: number,
  { beside, audit, also = () => [] }: {
    beside?: InStatement;
    audit?: AuditEntry;
    also?: (done: MailCondition) => readonly InStatement[];
  },
): Promise<{ restored: boolean; beside: ResultSet | null }> {
  const act = newId();
  const done = { sql: "EXISTS (SELECT 1 FROM withdrawals WHERE restored_by = ?)", args: [act] };
  const results = await write(db, {
    beside: beside ? [beside] : [],
    restore: bind(
      `UPDATE withdrawals SET restored_at = :now, restored_by = :act
       WHERE user_id = ${member.sql} AND ${isPending} AND erase_at > :now`,
      { ...member.values, act, now },
    ),
    tell: recipients.map(({ name }) =>
      insertEvent("member.restored", name, now, {
        from: "withdrawals",
        where: "restored_by = ?",
        args: [act],
      })
    ),
    audit: audit ? [insertAudit(audit, now, done)] : [],
    also: also({
      sql: "EXISTS (SELECT 1 FROM withdrawals WHERE restored_by = :act)",
      values: { act },
    }),
    restored: { sql: "SELECT id FROM withdrawals WHERE restored_by = ?", args: [act] },
  });
  const restored = results.restored.rows.length === 1;
  return { restored, beside: beside ? results.beside : null };
}

/** Lists pending withdrawals by deadline. Throws `unavailable`. */
export async function listPending(db: Database, limit: number) {
  const [result] = await db.read([{
    sql: `
      SELECT user_id, receipt_id, requested_at, erase_at FROM withdrawals
      WHERE ${isPending} ORDER BY erase_at LIMIT ?`,
    args: [limit],
  }]);
  return result!.rows;
}

/** A withdrawal whose grace period is over. */
export interface DueWithdrawal {
  id: string;
  receiptId: string;
  /** ms */
  eraseAt: number;
  /** What only members of our own have is absent for another system's. */
  member:
    & Pick<Member, "id" | "name" | "email">
    & Partial<Pick<Member, "emailVerified" | "language">>;
}

/**
 * Reads a page of due withdrawals, the earliest deadline first.
 * @param now ms
 * @param after the last withdrawal of the page before
 * @throws `unavailable`
 */
export async function dueWithdrawals(
  db: Database,
  subject: Subject,
  now: number,
  after: { eraseAt: number; id: string },
  limit: number,
): Promise<DueWithdrawal[]> {
  const [due] = await db.read([{
    sql: `
      SELECT withdrawals.id, withdrawals.user_id, withdrawals.receipt_id, withdrawals.erase_at,
        ${subjectColumn(subject, subject.name)} AS name,
        ${subjectColumn(subject, subject.email)} AS email
        ${subject.isOwn ? ", users.email_verified_at, users.language" : ""}
      FROM ${joinSubject(subject)}
      WHERE ${isPending} AND withdrawals.erase_at <= ?
        AND (withdrawals.erase_at, withdrawals.id) > (?, ?)
      ORDER BY withdrawals.erase_at, withdrawals.id LIMIT ?`,
    args: [now, after.eraseAt, after.id, limit],
  }]);
  return due!.rows.map((row) => ({
    id: String(row.id),
    receiptId: String(row.receipt_id),
    eraseAt: Number(row.erase_at),
    member: {
      id: String(row.user_id),
      ...identifiersOf(row),
      ...(subject.isOwn && {
        emailVerified: row.email_verified_at !== null,
        language: row.language === "en" ? "en" : "ko",
      }),
    },
  }));
}

/** The login name and the e-mail in a row; empty where the subject has none. */
function identifiersOf({ name, email }: Row): Pick<Member, "name" | "email"> {
  return { name: String(name ?? ""), email: String(email ?? "") };
}

/** Returns the earliest deadline (ms) before `limit` (ms) without an erasure, or `null`. Throws `unavailable`. */
export async function overdueSince(db: Database, limit: number): Promise<number | null> {
  const [oldest] = await db.read([{
    sql: `
      SELECT erase_at FROM withdrawals WHERE ${isPending} AND erase_at <= ?
      ORDER BY erase_at LIMIT 1`,
    args: [limit],
  }]);
  const row = oldest!.rows[0];
  return row ? Number(row.erase_at) : null;
}
