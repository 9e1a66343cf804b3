/** Leasing and settling rows of the outbox: the same for every channel. */
import { type Delivery, leaseMs, type Outcome, type Queue } from "../../domain/delivery.ts";
import type { Database, InStatement, Row } from "../engine/database.ts";
import { insertTry, type Try } from "./tries.ts";

/** SQL: for its member and recipient nothing earlier is waiting. */
export const isNext = `
  NOT EXISTS (
    SELECT 1 FROM outbox AS earlier
    WHERE earlier.status = 'waiting' AND earlier.channel = waiting.channel
      AND earlier.recipient = waiting.recipient
      AND earlier.member_id = waiting.member_id AND earlier.position < waiting.position)`;

/**
 * Takes up to `limit` due rows of one queue: nobody else sends them while the lease lasts.
 * @param lease id of the run, new for each call
 * @param now ms
 * @throws `unavailable`
 */
export async function lease(
  db: Database,
  { channel, recipient }: Queue,
  lease: string,
  now: number,
  limit: number,
): Promise<Delivery[]> {
  const [, leased] = await db.write([
    {
      sql: `
        UPDATE outbox SET lease = :lease, leased_until = :until
        WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE lease = :lease) AND position IN (
          SELECT position FROM outbox AS waiting
          WHERE waiting.status = 'waiting' AND waiting.channel = :channel
            AND waiting.recipient = :recipient
            AND waiting.next_at <= :now
            AND (waiting.leased_until IS NULL OR waiting.leased_until <= :now) AND ${isNext}
          ORDER BY waiting.next_at LIMIT :limit)`,
      args: { lease, channel, recipient, now, until: now + leaseMs, limit },
    },
    selectLeased(lease),
  ]);
  return leased!.rows.map(toDelivery);
}

/** The rows that a run has leased, in order. */
export function selectLeased(lease: string): InStatement {
  return {
    sql: `
      SELECT id, channel, recipient, member_id, receipt_id, type, sealed, created_at, tries, retry_until
      FROM outbox WHERE lease = ? ORDER BY position`,
    args: [lease],
  };
}

/**
 * Writes down a try and what it led to: only while the lease is still ours. A row that is settled loses its
 * sealed data.
 * @param now ms
 * @param renewed sealed data for the next try, in place of the old; `null`: the old stays
 * @throws `unavailable`
 */
export async function settle(
  db: Database,
  delivery: Delivery,
  lease: string,
  outcome: Outcome,
  tried: Try,
  now: number,
  renewed: string | null = null,
): Promise<void> {
  const forget = isErasedNotice(delivery) && outcome.status !== "waiting"
    ? [{ sql: "DELETE FROM outbox WHERE id = ? AND lease = ?", args: [delivery.id, lease] }]
    : [];
  await db.write([...insertTry(delivery, lease, tried, outcome), ...forget, {
    sql: `
      UPDATE outbox
      SET status = :status, settled_at = :settled_at, next_at = coalesce(:next_at, next_at),
        problem = :problem, tries = tries + 1, lease = NULL, leased_until = NULL,
        sealed = iif(:status = 'waiting', coalesce(:renewed, sealed), NULL)
      WHERE id = :id AND lease = :lease`,
    args: {
      id: delivery.id,
      lease,
      status: outcome.status,
      settled_at: outcome.status === "waiting" ? null : now,
      next_at: outcome.status === "waiting" ? outcome.nextAt : null,
      problem: outcome.status === "confirmed" ? null : outcome.problem,
      renewed,
    },
  }]);
}

/** The notice to somebody who has left: nothing of it stays. */
function isErasedNotice({ channel, type }: Delivery): boolean {
  return channel === "mail" && type === "erased";
}

/** Reads a row of `selectLeased`. */
export function toDelivery(row: Row): Delivery {
  return {
    id: String(row.id),
    channel: row.channel as Delivery["channel"],
    recipient: String(row.recipient),
    memberId: String(row.member_id),
    receiptId: row.receipt_id === null ? null : String(row.receipt_id),
    type: String(row.type),
    sealed: row.sealed === null ? null : String(row.sealed),
    createdAt: Number(row.created_at),
    tries: Number(row.tries),
    retryUntil: Number(row.retry_until),
  };
}
