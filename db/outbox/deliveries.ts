/** Events for recipients: the channel `webhook` of the outbox. Nothing personal is in them. */
import { type Delivery, type EventType, leaseMs, retryForMs } from "../../domain/delivery.ts";
import { newId } from "../../crypto/tokens.ts";
import type { RecipientName } from "../../domain/receipt.ts";
import type { Database, InStatement, InValue } from "../engine/database.ts";
import { isNext, selectLeased, toDelivery } from "./leases.ts";

const settledLiveMs = 90 * 24 * 60 * 60_000;

/**
 * The row of an event for one recipient, for the batch that makes it true: written only if the row that
 * it tells of is there. Nothing personal is in it.
 */
export function insertEvent(
  type: EventType,
  recipient: string,
  now: number,
  source: { from: "erasures" | "withdrawals"; where: string; args: InValue[] },
): InStatement {
  const memberId = source.from === "erasures" ? "member_id" : "user_id";
  return {
    sql: `
      INSERT INTO outbox
        (id, channel, recipient, member_id, receipt_id, type, created_at, next_at, retry_until)
      SELECT ?, 'webhook', ?, ${memberId}, receipt_id, ?, ?, ?, ? FROM ${source.from} WHERE ${source.where}
      ON CONFLICT DO NOTHING`,
    args: [newId(), recipient, type, now, now, now + retryForMs, ...source.args],
  };
}

/**
 * Leases one delivery for an operator, whenever it is due. One that was given up or refused waits again,
 * for another three days. `null`: it is confirmed or unknown, somebody sends it now, or an earlier event
 * of its member waits.
 */
export async function leaseDelivery(
  db: Database,
  id: string,
  lease: string,
  now: number,
  audit: (done: { sql: string; args: InValue[] }) => InStatement,
): Promise<Delivery | null> {
  const [, , leased] = await db.write([
    {
      sql: `
        UPDATE outbox AS waiting
        SET lease = :lease, leased_until = :until, settled_at = NULL,
          tries = CASE status WHEN 'waiting' THEN tries ELSE 0 END,
          retry_until = CASE status WHEN 'waiting' THEN retry_until ELSE :retry_until END,
          status = 'waiting'
        WHERE id = :id AND channel = 'webhook' AND status <> 'confirmed'
          AND (leased_until IS NULL OR leased_until <= :now) AND ${isNext}`,
      args: { id, lease, now, until: now + leaseMs, retry_until: now + retryForMs },
    },
    audit({ sql: "EXISTS (SELECT 1 FROM outbox WHERE lease = ?)", args: [lease] }),
    selectLeased(lease),
  ]);
  const [row] = leased!.rows;
  return row ? toDelivery(row) : null;
}

/**
 * Counts the due deliveries of configured recipients, and returns the earliest due time, ms. A delivery
 * that waits for an earlier one of the same member is not due.
 */
export async function dueDeliveries(
  db: Database,
  recipients: readonly RecipientName[],
  now: number,
): Promise<{ count: number; since: number | null }> {
  const [result] = await db.read([{
    sql: `
      SELECT count(*) AS count, min(next_at) AS since FROM outbox AS waiting
      WHERE waiting.channel = 'webhook' AND waiting.status = 'waiting' AND waiting.next_at <= ? AND ${isNext}
        AND waiting.recipient IN (SELECT value FROM json_each(?))`,
    args: [now, JSON.stringify(recipients.map(({ name }) => name))],
  }]);
  const { count, since } = result!.rows[0]!;
  return { count: Number(count), since: since === null ? null : Number(since) };
}

/** The oldest instant before `limit` (ms) at which a delivery should have been sent, or `null`. */
export async function overdueDelivery(
  db: Database,
  recipients: readonly RecipientName[],
  limit: number,
): Promise<number | null> {
  const [oldest] = await db.read([{
    sql: `
      SELECT next_at FROM outbox AS waiting
      WHERE waiting.channel = 'webhook' AND waiting.status = 'waiting' AND waiting.next_at <= ? AND ${isNext}
        AND waiting.recipient IN (SELECT value FROM json_each(?))
      ORDER BY next_at LIMIT 1`,
    args: [limit, JSON.stringify(recipients.map(({ name }) => name))],
  }]);
  const row = oldest!.rows[0];
  return row ? Number(row.next_at) : null;
}

/** For an operator: the deliveries of a status, oldest first. */
export async function listDeliveries(db: Database, status: string, limit: number) {
  const [result] = await db.read([{
    sql: `
      SELECT id, recipient, type, member_id, created_at, tries, next_at, problem
      FROM outbox WHERE channel = 'webhook' AND status = ? ORDER BY position LIMIT ?`,
    args: [status, limit],
  }]);
  return result!.rows;
}

/** SQL: whether there is a delivery of this id that was given up or refused. */
export function isDead(id: string): { sql: string; args: InValue[] } {
  const sql = `EXISTS (
    SELECT 1 FROM outbox
    WHERE id = ? AND channel = 'webhook' AND status IN ('given_up', 'refused'))`;
  return { sql, args: [id] };
}

/**
 * Lets what was given up or refused wait again, for another three days: one delivery, those of one
 * recipient, or all. Returns how many.
 * @param audit the line of the act; it runs before anything is changed, so that it may ask `isDead`
 */
export async function reviveDeliveries(
  db: Database,
  id: string | null,
  now: number,
  audit: InStatement,
  recipient: string | null = null,
): Promise<number> {
  const dead = `channel = 'webhook' AND status IN ('given_up', 'refused')
    AND (:id IS NULL OR id = :id) AND (:recipient IS NULL OR recipient = :recipient)`;
  const [counted] = await db.write([
    { sql: `SELECT count(*) AS revived FROM outbox WHERE ${dead}`, args: { id, recipient } },
    audit,
    {
      sql: `
        UPDATE outbox
        SET status = 'waiting', settled_at = NULL, tries = 0, next_at = :now, retry_until = :until
        WHERE ${dead}`,
      args: { id, recipient, now, until: now + retryForMs },
    },
  ]);
  return Number(counted!.rows[0]!.revived);
}

/**
 * SQL: deliveries that are settled long enough to delete. Receipts show `member.withdrawn` and the grants of
 * an erasure, so these stay.
 */
export const settledLongAgo = `settled_at <= :now - ${settledLiveMs} AND type <> 'member.withdrawn'
  AND (channel <> 'grant' OR receipt_id IS NULL)`;
