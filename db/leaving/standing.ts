import type { Subject } from "../../domain/data_map.ts";
import type { Database, InStatement, ResultSet } from "../engine/database.ts";
import type { Fragment, Source } from "../engine/source.ts";
import { bind, quote, subjectColumn, subjectText } from "../map/sql.ts";
import { isPending } from "./pending.ts";

/** A member of another system, and the deadline (ms) of the pending withdrawal. Empty where there is no column. */
export interface SubjectStanding {
  id: string;
  name: string;
  email: string;
  eraseAt: number | null;
}

/**
 * Makes a SELECT of the member whom a source selects, for `toStanding`.
 * @param now ms
 */
export function selectStanding(subject: Subject, source: Source, now: number): InStatement {
  const { from, where, values } = source;
  return bind(
    `SELECT ${subjectText(subject)} AS id, ${subjectColumn(subject, subject.name)} AS name,
       ${subjectColumn(subject, subject.email)} AS email,
       (SELECT erase_at FROM withdrawals
        WHERE withdrawals.user_id = ${subjectText(subject)} AND ${isPending}) AS erase_at
     FROM ${from} WHERE ${where} LIMIT 1`,
    { ...values, now },
  );
}

/**
 * Finds a member by id, login name or e-mail, as an operator types them.
 * @throws `unavailable`
 */
export async function findSubject(
  db: Database,
  subject: Subject,
  text: string,
): Promise<SubjectStanding | null> {
  const columns = [subject.key, subject.name, subject.email].filter((name) => name !== null);
  const [found] = await db.read([
    selectStanding(subject, {
      from: quote(subject.table),
      where: `(${columns.map((name) => `${subjectColumn(subject, name)} = :text`).join(" OR ")})`,
      values: { text },
    }, 0),
  ]);
  return toStanding(found!);
}

/** Reads the result of `selectStanding`; `null` if the source selects nobody. */
export function toStanding(result: ResultSet): SubjectStanding | null {
  const row = result.rows[0];
  if (!row) return null;
  return {
    id: String(row.id),
    name: String(row.name ?? ""),
    email: String(row.email ?? ""),
    eraseAt: row.erase_at === null ? null : Number(row.erase_at),
  };
}

/**
 * The id of the member whom a source selects, as our own tables store it.
 * @param now ms
 */
export function memberOf(subject: Subject, source: Source, now: number): Fragment {
  const { from, where, values } = source;
  return {
    sql: `(SELECT ${subjectText(subject)} FROM ${from} WHERE ${where} LIMIT 1)`,
    values: { ...values, now },
  };
}
