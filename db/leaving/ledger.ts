import { type ErasureFacts, type LedgerLine, lineHash } from "../../domain/ledger.ts";
import type { Database } from "../engine/database.ts";

const pageRows = 500;

const factColumns = `
  erasures.member_id, erasures.receipt_id, erasures.erased_at, erasures.backup_days,
  erasures.recipients, erasures.counts, erasures.data_map_id, data_maps.description AS data_map`;

const joinFacts = `
  LEFT JOIN erasures ON erasures.receipt_id = line.receipt_id
  LEFT JOIN data_maps ON data_maps.id = erasures.data_map_id`;

/** The id of the ledger, its last sealed line and that line's hash: 0 and `""` where there is none. */
export interface LedgerHead {
  ledger: string;
  sequence: number;
  hash: string;
}

const selectId = "SELECT id FROM erasure_ledger WHERE row = 1";

const selectHead = `
  SELECT sequence, hash FROM erasure_ledger_lines
  WHERE sequence < coalesce(
    (SELECT min(sequence) FROM erasure_ledger_lines WHERE hash IS NULL), 9223372036854775807)
  ORDER BY sequence DESC LIMIT 1`;

const selectUnsealed = `
  SELECT line.sequence, ${factColumns} FROM erasure_ledger_lines AS line ${joinFacts}
  WHERE line.hash IS NULL AND line.sequence > 0 ORDER BY line.sequence LIMIT ${pageRows}`;

/**
 * Writes the hash of every line that has none yet, and returns the last line. A hash is a function of
 * rows that never change, so two processes write the same. Throws `unavailable`, and an `Error` that
 * names the erasure where the chain has a gap.
 */
export async function sealLedger(db: Database): Promise<LedgerHead> {
  for (;;) {
    const [id, last, unsealed] = await db.read([selectId, selectHead, selectUnsealed]);
    const ledger = String(id!.rows[0]!.id);
    const top = last!.rows[0];
    let head = { ledger, sequence: Number(top?.sequence ?? 0), hash: String(top?.hash ?? "") };
    if (unsealed!.rows.length === 0) return head;
    const hashes = unsealed!.rows.map((row) => {
      if (Number(row.sequence) !== head.sequence + 1) {
        throw new Error(`the ledger has no erasure ${head.sequence + 1}`);
      }
      const hash = lineHash(lineAfter(head, row as unknown as ErasureFacts));
      head = { ledger, sequence: head.sequence + 1, hash };
      return { sequence: head.sequence, hash };
    });
    await db.write([{
      sql: `
        UPDATE erasure_ledger_lines SET hash = sealed.value ->> 'hash'
        FROM json_each(:hashes) AS sealed
        WHERE sequence = sealed.value ->> 'sequence' AND hash IS NULL`,
      args: { hashes: JSON.stringify(hashes) },
    }]);
  }
}

function lineAfter({ ledger, sequence, hash }: LedgerHead, row: ErasureFacts): LedgerLine {
  if (row.member_id === null) {
    throw new Error(
      `erasure ${sequence + 1} of the ledger was not carried out: run ledger replay again`,
    );
  }
  const { member_id, receipt_id, erased_at, backup_days } = row;
  const { recipients, counts, data_map_id, data_map } = row;
  return {
    ...{ v: 1, ledger, sequence: sequence + 1, previous: hash },
    ...{ member_id, receipt_id, erased_at, backup_days },
    ...{ recipients, counts, data_map_id, data_map },
  };
}

/** A page of sealed lines after a number, up to and with another. Throws where a row was changed since. */
export async function sealedLines(
  db: Database,
  after: number,
  upTo: number,
  limit = pageRows,
): Promise<{ line: LedgerLine; hash: string }[]> {
  const [id, before, lines] = await db.read([
    selectId,
    { sql: "SELECT hash FROM erasure_ledger_lines WHERE sequence = ?", args: [after] },
    {
      sql: `
        SELECT line.hash, ${factColumns} FROM erasure_ledger_lines AS line ${joinFacts}
        WHERE line.sequence > ? AND line.sequence <= ? AND line.hash IS NOT NULL
        ORDER BY line.sequence LIMIT ?`,
      args: [after, upTo, limit],
    },
  ]);
  const ledger = String(id!.rows[0]!.id);
  let head: LedgerHead = { ledger, sequence: after, hash: String(before!.rows[0]?.hash ?? "") };
  return lines!.rows.map((row) => {
    const line = lineAfter(head, row as unknown as ErasureFacts);
    const hash = lineHash(line);
    if (hash !== row.hash) {
      throw new Error(`erasure ${line.sequence} was changed in the database after it was sealed`);
    }
    head = { ledger, sequence: line.sequence, hash };
    return { line, hash };
  });
}

/** The hash of a line, or `null` where it is not in the database or not sealed. */
export async function hashOfLine(db: Database, sequence: number): Promise<string | null> {
  const [found] = await db.read([{
    sql: "SELECT hash FROM erasure_ledger_lines WHERE sequence = ?",
    args: [sequence],
  }]);
  return (found!.rows[0]?.hash ?? null) as string | null;
}

/** Of these receipt numbers, those whose erasures this database does not have. */
export async function missingReceipts(db: Database, receiptIds: string[]): Promise<string[]> {
  const [missing] = await db.read([{
    sql: `SELECT value FROM json_each(?) AS given
      WHERE NOT EXISTS (SELECT 1 FROM erasures WHERE receipt_id = given.value)`,
    args: [JSON.stringify(receiptIds)],
  }]);
  return missing!.rows.map(({ value }) => String(value));
}
