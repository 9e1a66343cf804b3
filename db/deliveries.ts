import type { InStatement, InValue } from "@libsql/client";
import { newId } from "../domain/identifier.ts";

export type EventType = "member.withdrawal_scheduled" | "member.restored" | "member.withdrawn";

/**
 * The row of an event for one recipient, for the batch that makes it true: written only if the row that
 * it tells of is there. Nothing personal is in it.
 */
export function selectEvent(
  type: EventType,
  recipient: string,
  now: number,
  source: { from: "erasures" | "withdrawals"; where: string; args: InValue[] },
): InStatement {
  const memberId = source.from === "erasures" ? "member_id" : "user_id";
  return {
    sql: `
      INSERT INTO deliveries (id, recipient, member_id, receipt_id, type, created_at)
      SELECT ?, ?, ${memberId}, receipt_id, ?, ? FROM ${source.from} WHERE ${source.where}
      ON CONFLICT DO NOTHING`,
    args: [newId(), recipient, type, now, ...source.args],
  };
}
