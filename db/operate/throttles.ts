import { newId } from "../../crypto/tokens.ts";
import { triesAllowed } from "../../domain/throttle.ts";
import type { Database } from "../engine/database.ts";
import { type AuditEntry, insertAudit } from "./audit.ts";

/** SQL: the limits by name, from a JSON list of `[name, tries]`. */
const allowed = `
  SELECT value ->> 0 AS name, value ->> 1 AS tries FROM json_each(:limits)`;

/**
 * SQL: what is counted now, by subject. A subject is `limit:hash`, `limit:account:network` or
 * `limit:account:device`. Rows are
 * read in the order of the key, at most `:rows` of them; subjects with fewer than `:least` tries are left
 * out.
 */
const counted = `
  SELECT substr(subject, 1, instr(subject, ':') - 1) AS name,
    substr(subject, instr(subject, ':') + 1) AS hashes,
    count(*) AS tries, min(expires_at) AS free_at
  FROM (SELECT subject, expires_at FROM attempts ORDER BY subject LIMIT :rows)
  WHERE +expires_at > :now GROUP BY subject HAVING count(*) >= :least`;

/** One limit that somebody has tries under. */
export interface Throttle {
  limit: string;
  /** Keyed hash, or `null`. */
  account: string | null;
  /** Keyed hash, or `null`. */
  network: string | null;
  tries: number;
  allowed: number;
  /** When the oldest try stops to count, ms. */
  free_at: number;
}

/**
 * Limits that are reached, the longest to last first; of one account (a keyed hash) all under which it
 * has tries.
 */
export async function listThrottles(
  db: Database,
  scale: number,
  account: string | null,
  now: number,
  limit: number,
): Promise<Throttle[]> {
  const [found] = await db.read([{
    sql: `
      SELECT counted.name, hashes, counted.tries, allowed.tries AS allowed, free_at
      FROM (${counted}) AS counted JOIN (${allowed}) AS allowed ON allowed.name = counted.name
      WHERE CASE WHEN :account IS NULL THEN counted.tries >= allowed.tries
        ELSE counted.name IN ('pair', 'pair_day', 'account', 'device', 'device_day') AND instr(hashes, :account) = 1 END
      ORDER BY free_at DESC LIMIT :limit`,
    args: { ...valuesOf(scale), ...(account && { least: 1 }), account, now, rows: -1, limit },
  }]);
  return found!.rows.map((row) => {
    const name = String(row.name);
    const [first = "", second = ""] = String(row.hashes).split(":");
    const ofAccount = name === "account" || second !== "";
    const ofNetwork = /^(pair|client|registration)/.test(name);
    return {
      limit: name,
      account: ofAccount ? first : null,
      network: ofNetwork ? second || first : null,
      tries: Number(row.tries),
      allowed: Number(row.allowed),
      free_at: Number(row.free_at),
    };
  });
}

/** How many accounts a limit keeps from being signed in to. At most `rows` tries are looked at. */
export function countThrottled(scale: number, now: number, rows: number) {
  return {
    sql: `
      SELECT count(DISTINCT substr(hashes, 1, 43)) AS throttled
      FROM (${counted}) AS counted JOIN (${allowed}) AS allowed ON allowed.name = counted.name
      WHERE counted.tries >= allowed.tries AND counted.name IN ('pair', 'pair_day', 'account')`,
    args: { ...valuesOf(scale), now, rows },
  };
}

/** The limits, and the smallest of them. */
function valuesOf(scale: number) {
  const limits = triesAllowed(scale);
  return {
    limits: JSON.stringify(limits),
    least: Math.min(...limits.map(([, tries]) => tries)),
  };
}

/** Forgets every try of an account or a network, by its keyed hash. Returns whether there was one. */
export async function liftThrottles(
  db: Database,
  hash: string,
  now: number,
  audit: AuditEntry,
): Promise<boolean> {
  const line = newId();
  const theirs = "instr(subject || ':', ':' || ? || ':') > 0";
  const [, , verdict] = await db.write([
    insertAudit(
      audit,
      now,
      { sql: `EXISTS (SELECT 1 FROM attempts WHERE ${theirs})`, args: [hash] },
      line,
    ),
    { sql: `DELETE FROM attempts WHERE ${theirs}`, args: [hash] },
    { sql: "SELECT 1 FROM audit WHERE id = ?", args: [line] },
  ]);
  return verdict!.rows.length === 1;
}
