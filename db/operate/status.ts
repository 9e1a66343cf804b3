import type { Subject } from "../../domain/data_map.ts";
import type { Channel, Queue } from "../../domain/delivery.ts";
import type { Database, Row } from "../engine/database.ts";
import { countThrottled } from "./throttles.ts";

/** At most so many tries are looked at, so that an attack does not make looking slow. */
const triesRead = 20_000;

/** How the service is doing, in numbers: nothing of a person is in it. Times in ms. */
export interface Status {
  members: number;
  /** Withdrawals inside their grace period. */
  pending: number;
  erased: number;
  /** The oldest deadline that has passed without an erasure. */
  oldestDueAt: number | null;
  /** The newest line of the ledger. */
  newestErasureAt: number | null;
  throttled: number;
  /** The database's clock less ours; 0 where they are one. Includes half of the trip there and back. */
  clockSkewMs: number;
  recipients: RecipientStatus[];
}

/** What one recipient is owed. Times in ms. */
export interface RecipientStatus {
  channel: Channel;
  name: string;
  waiting: number;
  /** When the oldest event that waits came true. */
  oldestWaitingAt: number | null;
  refused: number;
  givenUp: number;
  /** Since when it has settled nothing. */
  failingSince: number | null;
}

/**
 * Reads everything in one trip. Every configured recipient is in it, and every other that
 * something is left for. Throws `unavailable`.
 *
 * @param queues what is configured
 * @param embedded whether the database's clock is ours
 */
export async function readStatus(
  db: Database,
  { table }: Subject,
  queues: readonly Queue[],
  throttleScale: number,
  embedded: boolean,
  now: () => number,
): Promise<Status> {
  const begun = now();
  const [numbers, throttled, outbox, failing] = await db.read([
    {
      sql: `
        SELECT (SELECT count(*) FROM [${table}]) AS members,
          (SELECT count(*) FROM withdrawals WHERE restored_at IS NULL) AS pending,
          (SELECT count(*) FROM erasures) AS erased,
          (SELECT min(erase_at) FROM withdrawals
            WHERE restored_at IS NULL AND erase_at <= :now) AS oldest_due_at,
          (SELECT max(erased_at) FROM erasures) AS newest_erasure_at,
          CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) AS clock`,
      args: { now: begun },
    },
    countThrottled(throttleScale, begun, triesRead),
    `SELECT channel, recipient, status, count(*) AS count, min(created_at) AS oldest_at FROM outbox
     WHERE status <> 'confirmed' GROUP BY channel, recipient, status`,
    "SELECT channel, recipient, since FROM failing_recipients",
  ]);
  const row = numbers!.rows[0]!;
  const ended = now();
  return {
    members: Number(row.members),
    pending: Number(row.pending),
    erased: Number(row.erased),
    oldestDueAt: numberOrNull(row.oldest_due_at),
    newestErasureAt: numberOrNull(row.newest_erasure_at),
    throttled: Number(throttled!.rows[0]!.throttled),
    clockSkewMs: embedded ? 0 : Math.round(Number(row.clock) - (begun + ended) / 2),
    recipients: recipientsOf(queues, outbox!.rows, failing!.rows),
  };
}

function recipientsOf(
  configured: readonly Queue[],
  outbox: readonly Row[],
  failing: readonly Row[],
): RecipientStatus[] {
  const isOf = ({ channel, recipient }: Queue) => (row: Row | Queue) =>
    row.channel === channel && row.recipient === recipient;
  const left = outbox.map((row): Queue => ({
    channel: row.channel as Channel,
    recipient: String(row.recipient),
  }));
  const queues = [...configured, ...left];
  const distinct = queues.filter((queue, index) => queues.findIndex(isOf(queue)) === index);
  return distinct.map((queue) => {
    const found = (status: string) =>
      outbox.filter(isOf(queue)).find((row) => row.status === status);
    const count = (status: string) => Number(found(status)?.count ?? 0);
    return {
      channel: queue.channel,
      name: queue.recipient,
      waiting: count("waiting"),
      oldestWaitingAt: numberOrNull(found("waiting")?.oldest_at),
      refused: count("refused"),
      givenUp: count("given_up"),
      failingSince: numberOrNull(failing.find(isOf(queue))?.since),
    };
  });
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
