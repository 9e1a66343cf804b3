/** What the replay of a ledger reads and writes, in a database that was restored from a backup. */
import { type ErasureFacts, type LedgerLine, lineHash } from "../../domain/ledger.ts";
import type { RecipientName } from "../../domain/receipt.ts";
import type { Subject } from "../../domain/data_map.ts";
import type { Database } from "../engine/database.ts";
import { quote, subjectColumn, subjectId } from "../map/sql.ts";
import { insertEvent } from "../outbox/deliveries.ts";

/** A line of the ledger; one of version 0.1.0 has no place in a chain. */
export type ReplayLine = LedgerLine | ErasureFacts;

/** What the database says of a member who is on the ledger. */
export interface Standing {
  /** The member is in the database again. */
  revived: { name: string; email: string } | null;
  /**
   * `same`: the erasure is known as it is; `missing`: it is not; `other_receipt`: the member has left
   * under another number, because the database went on without the ledger.
   */
  erasure: "same" | "missing" | "other_receipt";
  /** The database has an erasure under this receipt number. */
  isKnown: boolean;
  /** The place and the hash that the erasure has in the database's own chain. */
  sequence: number | null;
  hash: string | null;
}

/** How a page of lines stands in the database, in their order. */
export async function compareLines(
  db: Database,
  subject: Subject,
  lines: ReplayLine[],
): Promise<Standing[]> {
  const [found] = await db.read([{
    sql: `
      SELECT ${subjectId(subject)} IS NOT NULL AS revived,
        ${subjectColumn(subject, subject.name)} AS name, ${
      subjectColumn(subject, subject.email)
    } AS email,
        erasures.receipt_id, erasures.erased_at, erasures.backup_days,
        erasures.recipients, erasures.counts, erasures.data_map_id, line.sequence, line.hash
      FROM json_each(?) AS given
      LEFT JOIN ${quote(subject.table)} ON ${subjectId(subject)} = given.value
      LEFT JOIN erasures ON erasures.member_id = given.value
      LEFT JOIN erasure_ledger_lines AS line ON line.receipt_id = erasures.receipt_id
      ORDER BY given.key`,
    args: [JSON.stringify(lines.map(({ member_id }) => member_id))],
  }]);
  const facts = ["erased_at", "backup_days", "recipients", "counts", "data_map_id"] as const;
  return lines.map((line, index) => {
    const row = found!.rows[index]!;
    const revived = row.revived === 1
      ? { name: String(row.name ?? ""), email: String(row.email ?? "") }
      : null;
    const isKnown = row.receipt_id === line.receipt_id;
    const isSame = isKnown &&
      facts.every((fact) => row[fact] === line[fact]);
    const isOther = !revived && row.receipt_id !== null && !isKnown;
    return {
      revived,
      isKnown,
      erasure: isSame ? "same" : isOther ? "other_receipt" : "missing",
      sequence: row.sequence as number | null,
      hash: row.hash as string | null,
    };
  });
}

/**
 * Gives a line its place in the chain, if it is the next one, and makes way for erasing a member who
 * is in the database again. A line that is not the next one gets the next free place with its row.
 */
export async function prepareLine(
  db: Database,
  subject: Subject,
  line: ReplayLine,
): Promise<void> {
  await db.write([
    ...("sequence" in line ? [placeLine(line)] : []),
    {
      sql: `
        DELETE FROM erasures
        WHERE member_id = :id AND EXISTS (
          SELECT 1 FROM ${quote(subject.table)} WHERE ${quote(subject.key)} = :id)`,
      args: { id: line.member_id },
    },
  ]);
}

function placeLine(line: LedgerLine) {
  const { ledger, sequence, previous, receipt_id } = line;
  return {
    sql: `
      INSERT INTO erasure_ledger_lines (sequence, receipt_id, hash)
      SELECT :sequence, :receipt_id, :hash
      WHERE :ledger = (SELECT id FROM erasure_ledger WHERE row = 1)
        AND :sequence = 1 + coalesce((SELECT max(sequence) FROM erasure_ledger_lines), 0)
        AND :previous = coalesce((
          SELECT hash FROM erasure_ledger_lines ORDER BY sequence DESC LIMIT 1), '')
      ON CONFLICT DO NOTHING`,
    args: { ledger, sequence, previous, receipt_id, hash: lineHash(line) },
  };
}

/**
 * Puts a line back as it was, so that its receipt can be asked for: over what a repeated erasure wrote.
 * Recipients of whom the database knows nothing any more are told again.
 */
export async function restoreLine(
  db: Database,
  line: ReplayLine,
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

/** What a replay has to know of the database before it begins. */
export async function replayFacts(db: Database, { isOwn }: Subject) {
  const [found] = await db.read([`
    SELECT (SELECT id FROM erasure_ledger WHERE row = 1) AS ledger,
      (SELECT count(*) FROM erasures) AS erasures,
      ${isOwn ? "(SELECT count(*) FROM sessions)" : "0"} AS sessions,
      EXISTS (SELECT 1 FROM erasure_ledger_lines WHERE hash IS NOT NULL) AS sealed`]);
  const { ledger, erasures, sessions, sealed } = found!.rows[0]!;
  return {
    ledger: String(ledger),
    erasures: Number(erasures),
    sessions: Number(sessions),
    sealed: sealed === 1,
  };
}

/** Goes on with the ledger of the database that was lost. Does nothing once a line has been sealed. */
export async function adoptLedger(db: Database, ledger: string): Promise<void> {
  await db.write([{
    sql: `
      UPDATE erasure_ledger SET id = ?
      WHERE row = 1 AND NOT EXISTS (SELECT 1 FROM erasure_ledger_lines WHERE hash IS NOT NULL)`,
    args: [ledger],
  }]);
}
