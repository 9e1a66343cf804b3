import { AppError } from "../../domain/error.ts";
import type { Attempt } from "../../domain/throttle.ts";
import type { Database, InStatement, ResultSet } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";

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
  const { id } = attempt;
  return [
    insertAttempt(attempt, now, session === null ? always : isLive(session, now)),
    {
      sql: `
        SELECT subject, max(id = :id) AS counted, min(expires_at) AS free_at
        FROM attempts WHERE subject IN (SELECT value FROM json_each(:subjects)) AND expires_at > :now
        GROUP BY subject`,
      args: { id, subjects: subjectsOf(attempt), now },
    },
  ];
}

const always: Fragment = { sql: "TRUE", values: {} };

function isLive(session: string, now: number): Fragment {
  return {
    sql: "EXISTS (SELECT 1 FROM sessions WHERE secret_hash = :session AND expires_at > :now)",
    values: { session, now },
  };
}

/**
 * Makes the statement that counts an attempt under a condition.
 * @param now ms
 * @returns the statement, and SQL for whether no limit was reached
 */
export function countIf(
  condition: Fragment,
  attempt: Attempt,
  now: number,
): { count: InStatement; counted: Fragment } {
  return {
    count: insertAttempt(attempt, now, condition),
    counted: {
      sql: "EXISTS (SELECT 1 FROM attempts WHERE subject = :last_limit AND id = :attempt)",
      values: { last_limit: attempt.subjects.at(-1)!.subject, attempt: attempt.id },
    },
  };
}

/** One statement for all limits, because a server parses each statement again. */
function insertAttempt(
  { id, subjects }: Attempt,
  now: number,
  condition: Fragment,
): InStatement {
  const limits = subjects.map(({ subject, limit, exempt }) => [
    ...[subject, now + limit.windowMs, limit.tries],
    ...[exempt?.account ?? null, exempt?.client ?? null],
  ]);
  const notExempt = subjects.some(({ exempt }) => exempt)
    ? `AND NOT EXISTS (
        SELECT 1 FROM sign_ins WHERE account = value ->> 3 AND client = value ->> 4)`
    : "";
  return {
    sql: `
      INSERT INTO attempts (id, subject, tried_at, expires_at)
      SELECT :attempt, value ->> 0, :tried_at, value ->> 1 FROM json_each(:limits)
      WHERE key < coalesce((
        SELECT min(key) FROM json_each(:limits)
        WHERE (SELECT count(*) FROM attempts
               WHERE subject = value ->> 0 AND expires_at > :tried_at) >= value ->> 2 ${notExempt}), :all)
        AND ${condition.sql}
      ON CONFLICT DO NOTHING`,
    args: {
      attempt: id,
      tried_at: now,
      limits: JSON.stringify(limits),
      all: limits.length,
      ...condition.values,
    },
  };
}

function subjectsOf({ subjects }: Attempt): string {
  return JSON.stringify(subjects.map(({ subject }) => subject));
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
  await db.write([{
    sql: "DELETE FROM attempts WHERE subject IN (SELECT value FROM json_each(?)) AND id = ?",
    args: [subjectsOf(attempt), attempt.id],
  }]);
}

/** Makes the statement for a right password: delete this attempt, and the client's failed ones. */
export function forgetAttempt(attempt: Attempt): InStatement {
  const forgiven = attempt.subjects.filter(({ forgiven }) => forgiven);
  return {
    sql: `
      DELETE FROM attempts WHERE subject IN (SELECT value FROM json_each(:subjects))
        AND (id = :id OR subject IN (SELECT value FROM json_each(:forgiven)))`,
    args: {
      id: attempt.id,
      subjects: subjectsOf(attempt),
      forgiven: subjectsOf({ ...attempt, subjects: forgiven }),
    },
  };
}
