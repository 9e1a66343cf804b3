import type { InValue } from "@libsql/client";
import * as z from "zod/mini";
import type { RecipientName } from "../../domain/receipt.ts";
import type { Database } from "../engine/database.ts";
import { insertEvent } from "../outbox/deliveries.ts";

const json = z.string().check(z.refine((text) => {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}));

/** One line of the ledger: an erasure by opaque ids, and what its receipt says. Times in ms. */
export const ledgerLine = z.object({
  member_id: z.string(),
  receipt_id: z.string(),
  erased_at: z.int(),
  backup_days: z.nullable(z.number()),
  recipients: json,
  counts: json,
  data_map_id: z.string(),
  data_map: json,
});
export type LedgerLine = z.output<typeof ledgerLine>;

const pageRows = 1000;

/** The whole ledger in the order of erasure, page by page. */
export async function* readLedger(db: Database): AsyncGenerator<LedgerLine> {
  let after: InValue[] = [-1, ""];
  for (;;) {
    const [page] = await db.read([{
      sql: `
        SELECT erasures.member_id, erasures.receipt_id, erasures.erased_at, erasures.backup_days,
          erasures.recipients, erasures.counts, erasures.data_map_id,
          data_maps.description AS data_map
        FROM erasures JOIN data_maps ON data_maps.id = erasures.data_map_id
        WHERE (erasures.erased_at, erasures.receipt_id) > (?, ?)
        ORDER BY erasures.erased_at, erasures.receipt_id LIMIT ${pageRows}`,
      args: after,
    }]);
    const lines = page!.rows as unknown as LedgerLine[];
    for (const line of lines) yield { ...line };
    const last = lines.at(-1);
    if (!last || lines.length < pageRows) return;
    after = [last.erased_at, last.receipt_id];
  }
}

/** Whether a member of the ledger is in the database again, and with which identifiers. */
export async function findRevived(db: Database, memberId: string) {
  const [found] = await db.read([{
    sql: "SELECT name, email FROM users WHERE id = ?",
    args: [memberId],
  }]);
  const row = found!.rows[0];
  return row ? { name: String(row.name), email: String(row.email) } : null;
}

/**
 * Makes way for erasing a revived member again: a ledger row for somebody who is there is no longer
 * true. Nothing happens to the row of a member who is gone.
 */
export async function clearRevivedLine(db: Database, memberId: string): Promise<void> {
  await db.write([{
    sql:
      `DELETE FROM erasures WHERE member_id = :id AND EXISTS (SELECT 1 FROM users WHERE id = :id)`,
    args: { id: memberId },
  }]);
}

/**
 * Puts a line back as it was, so that its receipt can be asked for: over what a repeated erasure wrote.
 * Recipients of whom the database knows nothing any more are told again.
 */
export async function restoreLine(
  db: Database,
  line: LedgerLine,
  id: string,
  recipients: readonly RecipientName[],
  now: number,
): Promise<void> {
  await db.write([
    {
      sql: "INSERT INTO data_maps (id, description) VALUES (?, ?) ON CONFLICT DO NOTHING",
      args: [line.data_map_id, line.data_map],
    },
    {
      sql: `
        INSERT INTO erasures
          (id, member_id, receipt_id, erased_at, data_map_id, backup_days, recipients, counts)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (member_id) DO UPDATE SET
          erased_at = excluded.erased_at, data_map_id = excluded.data_map_id,
          backup_days = excluded.backup_days, recipients = excluded.recipients,
          counts = excluded.counts`,
      args: [
        ...[id, line.member_id, line.receipt_id, line.erased_at, line.data_map_id],
        ...[line.backup_days, line.recipients, line.counts],
      ],
    },
    ...recipients.map(({ name }) =>
      insertEvent("member.withdrawn", name, now, {
        from: "erasures",
        where: `receipt_id = ? AND NOT EXISTS (
          SELECT 1 FROM outbox WHERE outbox.receipt_id = erasures.receipt_id
            AND outbox.recipient = ? AND outbox.type = 'member.withdrawn')`,
        args: [line.receipt_id, name],
      })
    ),
  ]);
}
