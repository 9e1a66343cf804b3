/** What a restore drill reads: the values of members, and every row of every table. */
import type { Database } from "../engine/database.ts";
import type { Subject } from "../../domain/data_map.ts";
import { fold } from "../../domain/member.ts";
import { quote, subjectColumn } from "../map/sql.ts";

const pageRows = 1000;

/** What the rows of a member say of who they are. */
export interface MemberValues {
  id: string;
  /** As typed, and folded. */
  names: string[];
  emails: string[];
}

/** Of these members, those who are in the database, with their values. */
export async function valuesOf(
  db: Database,
  subject: Subject,
  ids: string[],
): Promise<MemberValues[]> {
  const [found] = await db.read([{
    sql: `
      SELECT ${quote(subject.key)} AS id,
        ${subjectColumn(subject, subject.name)} AS name, ${
      subjectColumn(subject, subject.email)
    } AS email
      FROM ${quote(subject.table)} WHERE ${quote(subject.key)} IN (SELECT value FROM json_each(?))`,
    args: [JSON.stringify(ids)],
  }]);
  const spellings = (value: unknown) =>
    value === null ? [] : [...new Set([String(value), fold(String(value))])];
  return found!.rows.map((row) => ({
    id: String(row.id),
    names: spellings(row.name),
    emails: spellings(row.email),
  }));
}

/** A page of a table's rows. */
export interface Rows {
  table: string;
  columns: string[];
  rows: unknown[][];
}

/** Every row of every table, shadow tables of modules included, a page at a time. */
export async function* everyRow(db: Database): AsyncGenerator<Rows> {
  const [tables] = await db.read([`
    SELECT name, wr FROM pragma_table_list
    WHERE schema = 'main' AND type IN ('table', 'shadow') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    ORDER BY name`]);
  for (const { name, wr } of tables!.rows) {
    const table = String(name);
    let after: number | bigint = -(2n ** 63n);
    for (let offset = 0;; offset += pageRows) {
      const [page] = await db.read([
        wr === 0
          ? {
            sql: `SELECT rowid AS traced_rowid, * FROM ${
              quote(table)
            } WHERE rowid >= ? ORDER BY rowid
              LIMIT ${pageRows}`,
            args: [after],
          }
          : {
            sql: `SELECT NULL AS traced_rowid, * FROM ${quote(table)} LIMIT ${pageRows} OFFSET ?`,
            args: [offset],
          },
      ]);
      const columns = page!.columns.slice(1);
      const rows = page!.rows.map((row) => columns.map((column) => row[column]));
      yield { table, columns, rows };
      if (rows.length < pageRows) break;
      after = Number(page!.rows.at(-1)!.traced_rowid) + 1;
    }
  }
}
