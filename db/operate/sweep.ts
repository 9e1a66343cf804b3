import type { Database } from "../engine/database.ts";
import { settledLongAgo } from "../outbox/deliveries.ts";

const dayMs = 24 * 60 * 60_000;
const signInsLiveMs = 90 * dayMs;

/** SQL: no delivery waits for this recipient any more, so that it cannot fail. */
const nothingWaits = `NOT EXISTS (
  SELECT 1 FROM deliveries
  WHERE status = 'waiting' AND deliveries.recipient = failing_recipients.recipient)`;

/** What reaches its end by itself: table, key, and the condition under which its time has come. */
const ends = [
  { table: "sessions", key: "id", over: "expires_at <= :now" },
  { table: "sign_ins", key: "id", over: `signed_in_at <= :now - ${signInsLiveMs}` },
  { table: "attempts", key: "(subject, id)", over: "expires_at <= :now" },
  { table: "rejoin_blocks", key: "identifier", over: "expires_at <= :now" },
  { table: "retained", key: "id", over: "expires_at <= :now" },
  { table: "recoveries", key: "id", over: "expires_at <= :now" },
  { table: "deliveries", key: "position", over: settledLongAgo },
  { table: "failing_recipients", key: "recipient", over: nothingWaits },
] as const;

/** Destroys what has reached its end, at most `limit` rows of each table. Returns how many are left. */
export async function sweep(db: Database, now: number, limit: number): Promise<number> {
  const results = await db.write([
    { // a day late: its recipient is not configured any more, and nothing waits for ever
      sql: `
        UPDATE deliveries SET status = 'given_up', settled_at = :now, problem = 'never sent'
        WHERE position IN (
          SELECT position FROM deliveries
          WHERE status = 'waiting' AND next_at <= :now AND retry_until <= :now - ${dayMs} LIMIT :limit)`,
      args: { now, limit },
    },
    ...ends.map(({ table, key, over }) => ({
      sql: `
        DELETE FROM ${table} WHERE ${key} IN (
          SELECT ${key.replace(/[()]/g, "")} FROM ${table} WHERE ${over} LIMIT :limit)`,
      args: { now, limit },
    })),
    {
      sql: `SELECT ${
        ends.map(({ table, over }) => `(SELECT count(*) FROM ${table} WHERE ${over})`).join(" + ")
      } AS rest`,
      args: { now },
    },
  ]);
  return Number(results.at(-1)!.rows[0]!.rest);
}
