import type { InStatement, ResultSet } from "@libsql/client";
import { AppError } from "../domain/error.ts";
import type { Attempt } from "../domain/throttle.ts";

/**
 * Counts an attempt against every limit it falls under, the narrower ones only if the wider let it
 * through; nothing is counted beyond a limit. Ends in the SELECT that `requireCounted` reads.
 */
export function countAttempt(attempt: Attempt, now: number): InStatement[] {
  const inserts = attempt.subjects.map(({ subject, limit, exempt }, position) => {
    const wider = attempt.subjects[position - 1]?.subject ?? null;
    return {
      sql: `
        INSERT INTO attempts (id, subject, tried_at, expires_at)
        SELECT ?, ?, ?, ?
        WHERE (
            (SELECT count(*) FROM attempts WHERE subject = ? AND expires_at > ?) < ?
            OR EXISTS (SELECT 1 FROM sign_ins WHERE account = ? AND client = ?)
          )
          AND (? IS NULL OR EXISTS (SELECT 1 FROM attempts WHERE subject = ? AND id = ?))
        ON CONFLICT DO NOTHING`,
      args: [
        ...[attempt.id, subject, now, now + limit.windowMs],
        ...[subject, now, limit.tries],
        ...[exempt?.account ?? null, exempt?.client ?? null],
        ...[wider, wider, attempt.id],
      ],
    };
  });
  return [...inserts, {
    sql: `
      SELECT subject, max(id = ?) AS counted, min(expires_at) AS free_at
      FROM attempts WHERE subject IN (SELECT value FROM json_each(?)) AND expires_at > ?
      GROUP BY subject`,
    args: [attempt.id, JSON.stringify(attempt.subjects.map(({ subject }) => subject)), now],
  }];
}

/** Throws `throttled` unless the attempt was counted under every limit. */
export function requireCounted(attempt: Attempt, verdict: ResultSet, now: number): void {
  const counted = verdict.rows.filter((row) => row.counted === 1).length;
  if (counted === attempt.subjects.length) return;
  const waits = verdict.rows.filter((row) => row.counted !== 1).map((row) => Number(row.free_at));
  throw new AppError("throttled", { retryAfterMs: Math.max(1000, ...waits.map((at) => at - now)) });
}

/** After a right password: this attempt never happened, and the client's failures are forgiven. */
export function forgetAttempt(attempt: Attempt): InStatement[] {
  return attempt.subjects.map(({ subject, forgiven }) => ({
    sql: "DELETE FROM attempts WHERE subject = ? AND (id = ? OR ?)",
    args: [subject, attempt.id, forgiven ? 1 : 0],
  }));
}
