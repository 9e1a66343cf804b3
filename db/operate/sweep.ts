import type { Subject } from "../../domain/data_map.ts";
import type { Database } from "../engine/database.ts";
import { exitTableNames } from "../engine/exit_tables.ts";
import { nextTurn } from "../engine/turn.ts";
import { settledLongAgo } from "../outbox/deliveries.ts";
import { mailRecipient } from "../outbox/mails.ts";

const dayMs = 24 * 60 * 60_000;
const signInsLiveMs = 90 * dayMs;

/** Rows in one batch: few enough that a request does not wait long behind it. */
const batchRows = 500;

/** SQL: no delivery waits for this recipient any more, so that it cannot fail. */
const nothingWaits = `NOT EXISTS (
  SELECT 1 FROM outbox
  WHERE status = 'waiting' AND outbox.channel = failing_recipients.channel
    AND outbox.recipient = failing_recipients.recipient)`;

interface End {
  table: string;
  key: string;
  over: string;
  act?: string;
}

/** SQL: a mail that nobody could send in time. No try is planned after the time for it is over. */
const isUnsentMail = `channel = 'mail' AND recipient = '${mailRecipient}' AND status = 'waiting'
  AND next_at <= :now AND retry_until <= :now`;

/** What reaches its end by itself: table, key, and the condition under which its time has come. */
const allEnds: readonly End[] = [
  { table: "sessions", key: "id", over: "expires_at <= :now" },
  { table: "sign_ins", key: "id", over: `signed_in_at <= :now - ${signInsLiveMs}` },
  { table: "attempts", key: "(subject, id)", over: "expires_at <= :now" },
  { table: "passkey_challenges", key: "id", over: "expires_at <= :now" },
  { table: "rejoin_blocks", key: "identifier", over: "expires_at <= :now" },
  { table: "retained", key: "id", over: "expires_at <= :now" },
  { table: "links", key: "id", over: "expires_at <= :now" },
  { table: "confirmations", key: "id", over: "expires_at <= :now" },
  { table: "provider_answers", key: "state_hash", over: "expires_at <= :now" },
  { table: "outbox", key: "position", over: settledLongAgo },
  {
    table: "outbox",
    key: "position",
    over: `${isUnsentMail} AND type = 'erased'`,
  },
  { // a mail that nobody could send loses its address, also if mail was turned off
    table: "outbox",
    key: "position",
    over: isUnsentMail,
    act: `UPDATE outbox SET status = 'given_up', settled_at = :now, problem = 'never sent',
      sealed = NULL`,
  },
  { // the same of a grant and its token, also if its provider is no longer configured. `+` leads SQLite to the
    // index of what is due
    table: "outbox",
    key: "position",
    over: "+channel = 'grant' AND status = 'waiting' AND next_at <= :now AND retry_until <= :now",
    act: `UPDATE outbox SET status = 'given_up', settled_at = :now, problem = 'never sent',
      sealed = NULL`,
  },
  { // its recipient is no longer configured; a day later, so that its own job gives up first
    table: "outbox",
    key: "position",
    over: `status = 'waiting' AND next_at <= :now AND retry_until <= :now - ${dayMs}`,
    act: `UPDATE outbox SET status = 'given_up', settled_at = :now, problem = 'never sent',
      sealed = NULL`,
  },
  { table: "failing_recipients", key: "(channel, recipient)", over: nothingWaits },
];

function endsOf({ isOwn, table, key }: Subject): readonly End[] {
  if (isOwn) return allEnds;
  const orphaned = { // its member was deleted by the other system, past the exit
    table: "withdrawals",
    key: "id",
    over: `restored_at IS NULL AND erase_at <= :now
      AND NOT EXISTS (SELECT 1 FROM [${table}] WHERE [${table}].[${key}] = withdrawals.user_id)`,
  };
  return [...allEnds.filter((end) => exitTableNames.has(end.table)), orphaned];
}

/**
 * Destroys what has reached its end, at most `limit` rows of each table, in small batches. Returns how
 * many rows are left, at most `limit` of each table counted. Throws `unavailable`.
 */
export async function sweep(
  db: Database,
  subject: Subject,
  now: number,
  limit: number,
): Promise<number> {
  const ends = endsOf(subject);
  const due = await countDue(db, ends, now, limit);
  if (sum(due) === 0) return 0;
  for (const [index, { table, key, over, act }] of ends.entries()) {
    const rows = key.replace(/[()]/g, "");
    for (let done = 0; done < due[index]!; done += batchRows) {
      await db.write([{
        sql: `
          ${act ?? `DELETE FROM ${table}`} WHERE ${key} IN (
            SELECT ${rows} FROM ${table} WHERE ${over} LIMIT ${batchRows})`,
        args: { now },
      }]);
      await nextTurn();
    }
  }
  return sum(await countDue(db, ends, now, limit));
}

/** How many rows of each table have reached their end, at most `limit` counted, in one trip. */
async function countDue(
  db: Database,
  ends: readonly End[],
  now: number,
  limit: number,
): Promise<number[]> {
  const counts = ends.map(({ table, over }) =>
    `(SELECT count(*) FROM (SELECT 1 FROM ${table} WHERE ${over} LIMIT :limit))`
  );
  const [counted] = await db.read([{
    sql: `SELECT json_array(${counts.join(", ")}) AS due`,
    args: { now, limit },
  }]);
  return JSON.parse(String(counted!.rows[0]!.due));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
