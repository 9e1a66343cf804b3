/** How far the copy of the ledger at `LEDGER_URL` is. */
import type { Database } from "../engine/database.ts";

const leaseMs = 60_000;

/** What is not at the second place yet. */
export interface LedgerLag {
  /** How many erasures. */
  behind: number;
  /** When the first of them happened, ms. */
  since: number | null;
  /** What the last try met; `null` after a success, and before the first try. */
  problem: string | null;
}

export async function ledgerLag(db: Database, place: string): Promise<LedgerLag> {
  const [found] = await db.read([{
    sql: `
      WITH copy AS (SELECT sequence, problem FROM erasure_ledger_copies WHERE place = :place),
        done AS (SELECT coalesce((SELECT sequence FROM copy), 0) AS sequence)
      SELECT
        coalesce((SELECT max(sequence) FROM erasure_ledger_lines), 0)
          - (SELECT sequence FROM done) AS behind,
        (SELECT erased_at FROM erasures WHERE receipt_id = (
          SELECT receipt_id FROM erasure_ledger_lines
          WHERE sequence = 1 + (SELECT sequence FROM done))) AS since,
        (SELECT problem FROM copy) AS problem`,
    args: { place },
  }]);
  const { behind, since, problem } = found!.rows[0]!;
  return {
    behind: Number(behind),
    since: since === null ? null : Number(since),
    problem: problem === null ? null : String(problem),
  };
}

/**
 * Takes the copy for a minute, so that no two processes send at once. Returns the last line that is
 * there, or `null` while another run has it.
 */
export async function leaseCopy(
  db: Database,
  place: string,
  lease: string,
  now: number,
): Promise<number | null> {
  const results = await db.write([
    {
      sql: "INSERT INTO erasure_ledger_copies (place) VALUES (?) ON CONFLICT DO NOTHING",
      args: [place],
    },
    {
      sql: `
        UPDATE erasure_ledger_copies SET lease = ?, leased_until = ?
        WHERE place = ? AND (lease IS NULL OR lease = ?1 OR leased_until <= ?)`,
      args: [lease, now + leaseMs, place, now],
    },
    {
      sql: "SELECT sequence FROM erasure_ledger_copies WHERE place = ? AND lease = ?",
      args: [place, lease],
    },
  ]);
  const row = results.at(-1)!.rows[0];
  return row ? Number(row.sequence) : null;
}

/** Lets another run have the copy. */
export async function releaseCopy(db: Database, place: string, lease: string): Promise<void> {
  await db.write([{
    sql: `
      UPDATE erasure_ledger_copies SET lease = NULL, leased_until = NULL
      WHERE place = ? AND lease = ?`,
    args: [place, lease],
  }]);
}

/** Notes that every line up to `sequence` is at the second place, on the word of that place. */
export async function confirmCopy(
  db: Database,
  place: string,
  sequence: number,
  now: number,
): Promise<void> {
  await db.write([{
    sql: `
      INSERT INTO erasure_ledger_copies (place, sequence, confirmed_at) VALUES (?, ?, ?)
      ON CONFLICT (place) DO UPDATE SET
        sequence = max(sequence, excluded.sequence), confirmed_at = excluded.confirmed_at,
        problem = NULL`,
    args: [place, sequence, now],
  }]);
}

/** Notes what the last try met. */
export async function noteCopyProblem(db: Database, place: string, problem: string) {
  await db.write([{
    sql: `
      INSERT INTO erasure_ledger_copies (place, problem) VALUES (?, ?)
      ON CONFLICT (place) DO UPDATE SET problem = excluded.problem`,
    args: [place, problem],
  }]);
}
