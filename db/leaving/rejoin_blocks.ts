import { write } from "../engine/batch.ts";
import type { Database } from "../engine/database.ts";
import { type AuditEntry, insertAudit } from "../operate/audit.ts";

/**
 * Lifts the blocks under these keyed hashes, and writes the operator's act down if there was one.
 * @returns how many there were. A batch that arrives twice may say 0. Throws `unavailable`.
 */
export async function liftBlock(
  db: Database,
  identifiers: readonly string[],
  audit: AuditEntry,
  now: number,
): Promise<number> {
  const list = JSON.stringify(identifiers);
  const blocked = "identifier IN (SELECT value FROM json_each(?)) AND expires_at > ?";
  const { counted } = await write(db, {
    counted: {
      sql: `SELECT count(*) AS blocks FROM rejoin_blocks WHERE ${blocked}`,
      args: [list, now],
    },
    audit: insertAudit(audit, now, {
      sql: `EXISTS (SELECT 1 FROM rejoin_blocks WHERE ${blocked})`,
      args: [list, now],
    }),
    lift: { sql: `DELETE FROM rejoin_blocks WHERE ${blocked}`, args: [list, now] },
  });
  return Number(counted.rows[0]!.blocks);
}
