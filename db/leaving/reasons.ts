import { newId } from "../../crypto/tokens.ts";
import type { Reason } from "../../domain/withdrawal.ts";
import { bind } from "../map/sql.ts";
import type { Database, InStatement, InValue } from "../engine/database.ts";

/**
 * Makes the values for `insertReason`. Only the day is stored, so that a reason does not identify a member.
 * @param now ms
 */
export function reasonValues(reason: Reason | null, now: number): Record<string, InValue> {
  return { reason, reason_id: newId(), reason_day: new Date(now).toISOString().slice(0, 10) };
}

/**
 * Makes the statement that stores why a member leaves; none if no reason was given.
 * @param done SQL: whether the batch has taken effect
 */
export function insertReason(
  reason: Reason | null,
  done: string,
  values: Record<string, InValue>,
): InStatement[] {
  if (reason === null) return [];
  const sql = `
    INSERT INTO reasons (id, day, reason) SELECT :reason_id, :reason_day, :reason WHERE ${done}
    ON CONFLICT DO NOTHING`;
  return [bind(sql, values)];
}

/** Counts how often each reason was given in each month. Throws `unavailable`. */
export async function countReasons(db: Database) {
  const [result] = await db.read([
    `SELECT substr(day, 1, 7) AS month, reason, count(*) AS count FROM reasons
     GROUP BY month, reason ORDER BY month DESC, count DESC, reason`,
  ]);
  return result!.rows;
}
