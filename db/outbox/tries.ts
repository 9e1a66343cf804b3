import { failingAfterMs, type Outcome, type Queue, type Reply } from "../../domain/delivery.ts";
import { newId } from "../../crypto/tokens.ts";
import type { Database, InStatement } from "../engine/database.ts";

/** A delivery that is revived again and again keeps its last tries only. */
const triesKept = 50;

/** One try of a delivery. Times in ms. */
export interface Try {
  triedAt: number;
  ms: number;
  reply: Reply;
}

/**
 * Writes down a try and whether its recipient is failing, for the batch that settles the delivery. The
 * statements stand before the one that gives up the lease: they hold only while the lease is held, so
 * that a batch that arrives twice writes once.
 */
export function insertTry(
  delivery: Queue & { id: string },
  lease: string,
  { triedAt, ms, reply }: Try,
  outcome: Outcome,
): InStatement[] {
  const { id, channel, recipient } = delivery;
  const held = "EXISTS (SELECT 1 FROM outbox WHERE id = :id AND lease = :lease)";
  const failing = outcome.status === "waiting" || outcome.status === "given_up";
  return [
    {
      sql: `
        INSERT INTO delivery_tries (delivery_id, number, tried_at, status, cause, ms)
        SELECT :id,
          (SELECT coalesce(max(number), 0) + 1 FROM delivery_tries WHERE delivery_id = :id),
          :tried_at, :status, :cause, :ms
        WHERE ${held}`,
      args: {
        id,
        lease,
        tried_at: triedAt,
        status: reply.status,
        cause: reply.cause ?? null,
        ms: Math.round(ms),
      },
    },
    {
      sql: `
        DELETE FROM delivery_tries WHERE delivery_id = :id AND number <= (
          SELECT max(number) - ${triesKept} FROM delivery_tries WHERE delivery_id = :id)`,
      args: { id },
    },
    failing
      ? {
        sql: `
          INSERT INTO failing_recipients (channel, recipient, since, problem)
          SELECT :channel, :recipient, :tried_at, :problem WHERE ${held}
          ON CONFLICT (channel, recipient) DO UPDATE SET problem = excluded.problem`,
        args: { id, lease, channel, recipient, tried_at: triedAt, problem: outcome.problem },
      }
      : {
        sql: `
          DELETE FROM failing_recipients
          WHERE channel = :channel AND recipient = :recipient AND ${held}`,
        args: { id, lease, channel, recipient },
      },
  ];
}

export interface FailingRecipient {
  /** ms */
  since: number;
  problem: string;
}

/**
 * A recipient that has failed for ten minutes and of which no run has warned yet, or `null`. Of runs at
 * once one gets it.
 */
export async function newlyFailing(
  db: Database,
  { channel, recipient }: Queue,
  now: number,
): Promise<FailingRecipient | null> {
  const overdue =
    "channel = :channel AND recipient = :recipient AND since <= :limit AND warned_by IS NULL";
  const args = { channel, recipient, limit: now - failingAfterMs };
  const [found] = await db.read([
    { sql: `SELECT 1 FROM failing_recipients WHERE ${overdue}`, args },
  ]);
  if (found!.rows.length === 0) return null;
  const run = newId();
  const [, mine] = await db.write([
    {
      sql: `UPDATE failing_recipients SET warned_by = :run WHERE ${overdue}`,
      args: { ...args, run },
    },
    {
      sql: `
        SELECT since, problem FROM failing_recipients
        WHERE channel = ? AND recipient = ? AND warned_by = ?`,
      args: [channel, recipient, run],
    },
  ]);
  const row = mine!.rows[0];
  return row ? { since: Number(row.since), problem: String(row.problem) } : null;
}

/** The tries of a delivery, oldest first, and what became of it: for an operator. */
export async function listTries(db: Database, id: string) {
  const [delivery, tries] = await db.read([
    {
      sql: `
        SELECT id, recipient, type, member_id, receipt_id, created_at, status, settled_at, tries,
          CASE status WHEN 'waiting' THEN next_at END AS next_at, retry_until AS gives_up_at
        FROM outbox WHERE id = ? AND channel = 'webhook'`,
      args: [id],
    },
    {
      sql: `
        SELECT number, tried_at, status, cause, ms FROM delivery_tries
        WHERE delivery_id = ? ORDER BY number`,
      args: [id],
    },
  ]);
  return { delivery: delivery!.rows[0] ?? null, tries: tries!.rows };
}
