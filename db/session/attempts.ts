import { AppError } from "../../domain/error.ts";
import type { Attempt } from "../../domain/throttle.ts";
import type { Database, InStatement, ResultSet } from "../engine/database.ts";

/**
 * Makes the statements that count an attempt against each of its limits, in order. A limit is counted only
 * if it and the limits before it are not reached. `requireCounted` reads the result of the last statement.
 * @param now ms
 * @param session hash of the secret of the session that asks; the attempt is counted only if it is live
 */
export function countAttempt(
  attempt: Attempt,
  now: number,
  session: string | null = null,
): InStatement[] {
  const subjects = JSON.stringify(attempt.subjects.map(({ subject }) => subject));
  return [
    ...attempt.subjects.map((_, position) => insertAttempt(attempt, position, now, session)),
    {
      sql: `
        SELECT subject, max(id = :id) AS counted, min(expires_at) AS free_at
        FROM attempts WHERE subject IN (SELECT value FROM json_each(:subjects)) AND expires_at > :now
        GROUP BY subject`,
      args: { id: attempt.id, subjects, now },
    },
  ];
}

function insertAttempt(
  { id, subjects }: Attempt,
  position: number,
  now: number,
  session: string | null,
): InStatement {
  const { subject, limit, exempt } = subjects[position]!;
  const isExempt = exempt
    ? "EXISTS (SELECT 1 FROM sign_ins WHERE account = :account AND client = :client)"
    : "0";
  const isLive = session === null ? "1" : `EXISTS (
          SELECT 1 FROM sessions WHERE secret_hash = :session AND expires_at > :now)`;
  return {
    sql: `
      INSERT INTO attempts (id, subject, tried_at, expires_at)
      SELECT :id, :subject, :now, :expires_at
      WHERE (
          (SELECT count(*) FROM attempts WHERE subject = :subject AND expires_at > :now) < :tries
          OR ${isExempt}
        )
        AND (:before IS NULL OR EXISTS (
          SELECT 1 FROM attempts WHERE subject = :before AND id = :id))
        AND ${isLive}
      ON CONFLICT DO NOTHING`,
    args: {
      id,
      subject,
      now,
      expires_at: now + limit.windowMs,
      tries: limit.tries,
      before: subjects[position - 1]?.subject ?? null,
      ...exempt,
      ...(session !== null && { session }),
    },
  };
}

/**
 * Checks the result of `countAttempt`.
 * @param now ms
 * @throws `throttled` if a limit is reached; `retryAfterMs` is when the first of them allows an attempt
 */
export function requireCounted(attempt: Attempt, verdict: ResultSet, now: number): void {
  const rows = new Map(verdict.rows.map((row) => [row.subject, row]));
  for (const { subject, limit } of attempt.subjects) {
    const row = rows.get(subject);
    if (row?.counted === 1) continue;
    const freeAt = row ? Number(row.free_at) : now + limit.windowMs;
    throw new AppError("throttled", { retryAfterMs: Math.max(1000, freeAt - now) });
  }
}

/** Deletes an attempt that the service could not verify. @throws `unavailable` */
export async function dropAttempt(db: Database, attempt: Attempt): Promise<void> {
  await db.write(attempt.subjects.map(({ subject }) => ({
    sql: "DELETE FROM attempts WHERE subject = ? AND id = ?",
    args: [subject, attempt.id],
  })));
}

/** Makes the statements for a right password: delete this attempt, and the client's failed ones. */
export function forgetAttempt(attempt: Attempt): InStatement[] {
  return attempt.subjects.map(({ subject, forgiven }) => ({
    sql: "DELETE FROM attempts WHERE subject = ? AND (id = ? OR ?)",
    args: [subject, attempt.id, forgiven ? 1 : 0],
  }));
}
