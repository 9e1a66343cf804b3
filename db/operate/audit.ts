import { newId } from "../../crypto/tokens.ts";
import type { Database, InStatement, InValue } from "../engine/database.ts";

/** Who did what to whom, and why: by opaque id, without the person's data. */
export interface AuditEntry {
  operator: string;
  host: string;
  act: string;
  memberId: string | null;
  why: string;
}

/**
 * The line of an act, for the batch that carries it out.
 * @param done a condition that holds when the act was done: what was refused leaves no line
 * @param id of the line, where the batch asks for it
 */
export function insertAudit(
  entry: AuditEntry,
  now: number,
  done: { sql: string; args: InValue[] } = { sql: "1", args: [] },
  id = newId(),
): InStatement {
  return {
    sql: `
      INSERT INTO audit (id, acted_at, operator, host, act, member_id, why)
      SELECT ?, ?, ?, ?, ?, ?, ? WHERE ${done.sql} ON CONFLICT DO NOTHING`,
    args: [
      ...[id, now, entry.operator, entry.host, entry.act, entry.memberId, entry.why],
      ...done.args,
    ],
  };
}

/** The newest lines. */
export async function listAudit(db: Database, limit: number) {
  const [result] = await db.read([{
    sql: `
      SELECT acted_at, operator, host, act, member_id, why FROM audit
      ORDER BY acted_at DESC LIMIT ?`,
    args: [limit],
  }]);
  return result!.rows;
}
