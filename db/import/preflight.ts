/** What an adoption meets: the team's SELECT, and the tables beside it. Nothing here changes anything. */
import type { Row } from "@libsql/client";
import type { Database } from "../engine/database.ts";
import { ownMigrations, selectForeign } from "../engine/migrate.ts";
import { quote } from "../map/sql.ts";

/** Columns of the SELECT that become ours; `rank` and `joined_at` may be left out. */
const needed = ["id", "name", "email", "password"];
const known = [...needed, "rank", "joined_at"];
/** What else nobody's column may be called. */
const reserved = "name_key email_key password_hash adopted_id rowid oid _rowid_".split(" ");

/** The team's SELECT as a table. */
export class Source {
  readonly from: string;

  constructor(readonly text: string) {
    this.from = `(${text.replace(/;\s*(--[^\n]*\s*)*$/, "")}\n) AS source`;
  }
}

/** What an adoption meets. With a problem nothing can be adopted. */
export interface Outlook {
  columns: string[];
  /** Columns that stay beside ours. */
  extras: string[];
  rows: number;
  /** The table that the new `users` takes the place of, as it is spelled; `null`: there is none. */
  replaced: { name: string; rows: number; dropped: string[]; unnamed: string[] } | null;
  /** Tables whose foreign keys follow. */
  referring: string[];
  problems: string[];
  warnings: string[];
}

/** Looks at source and schema, and changes nothing. Throws a `RefusedStatement` where the SELECT is none. */
export async function lookAt(db: Database, source: Source, replaces: string): Promise<Outlook> {
  const [shape] = await db.read([`SELECT * FROM ${source.from} LIMIT 0`]);
  const columns = shape!.columns;
  const extras = columns.filter((column) => !known.includes(column));
  const problems = [
    ...needed.filter((column) => !columns.includes(column))
      .map((column) => `the SELECT has no column "${column}"`),
    ...extras.filter((column) => !isFreeName(column, extras))
      .map((column) => `the column "${column}" needs another name: AS …`),
  ];
  const outlook: Outlook = {
    ...{ columns, extras, rows: 0, replaced: null, referring: [], problems, warnings: [] },
  };
  if (problems.length > 0) return outlook;

  await lookAtIds(db, source, outlook);
  if (problems.length > 0) return outlook;
  await lookForPasswords(db, source, outlook);
  await lookAtTables(db, source, replaces, outlook);
  return outlook;
}

function isFreeName(column: string, extras: readonly string[]): boolean {
  const same = (other: string) => other.toLowerCase() === column.toLowerCase();
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(column) && ![...known, ...reserved].some(same) &&
    extras.filter(same).length === 1;
}

/** Ids go into logs and the ledger, which outlive the member: one that says who it is, is not even printed. */
async function lookAtIds(db: Database, source: Source, outlook: Outlook): Promise<void> {
  const [counts, twice] = await db.read([
    `SELECT count(*) AS rows,
       count(*) FILTER (WHERE typeof(id) NOT IN ('integer', 'text')) AS untold,
       count(*) FILTER (WHERE typeof(id) = 'text'
         AND (instr(id, '@') OR lower(id) IN (lower(name), lower(email)))) AS telling
     FROM ${source.from}`,
    `SELECT CAST(id AS TEXT) AS id FROM ${source.from} GROUP BY CAST(id AS TEXT)
     HAVING count(*) > 1 LIMIT 20`,
  ]);
  const { rows, untold, telling } = counts!.rows[0]!;
  outlook.rows = Number(rows);
  if (rows === 0) outlook.problems.push("the SELECT finds no rows");
  if (untold !== 0) {
    outlook.problems.push(`${untold} rows have an id that is neither integer nor text`);
  }
  if (telling !== 0) {
    outlook.problems.push(
      `${telling} rows have their name or e-mail as id, which logs and the ledger would keep`,
    );
  }
  for (const { id } of telling === 0 ? twice!.rows : []) {
    outlook.problems.push(`row ${id} comes more than once: does a JOIN multiply rows?`);
  }
}

/** `SELECT *` beside `userpw AS password` would keep every password in a column of its own. */
async function lookForPasswords(db: Database, source: Source, outlook: Outlook): Promise<void> {
  const { extras } = outlook;
  if (extras.length === 0) return;
  const [result] = await db.read([
    `SELECT count(password) AS had, ${
      extras.map((column, n) =>
        `count(*) FILTER (WHERE CAST(${quote(column)} AS TEXT) = CAST(password AS TEXT)) AS is_${n}`
      ).join(", ")
    } FROM ${source.from}`,
  ]);
  const row = result!.rows[0]!;
  extras.forEach((column, n) => {
    if (Number(row[`is_${n}`]) * 2 > Number(row.had)) {
      outlook.problems.push(`the column "${column}" holds the passwords: leave it out`);
    }
  });
}

async function lookAtTables(
  db: Database,
  source: Source,
  replaces: string,
  outlook: Outlook,
): Promise<void> {
  const [tables, references, foreign] = await db.read([
    "SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    {
      sql: `
        SELECT child.name AS child, key."from" AS "column", key."to" AS target, key.seq AS seq,
          info.type AS type, info.pk AS pk, list.strict AS strict
        FROM sqlite_schema AS child
        JOIN pragma_foreign_key_list(child.name) AS key
        JOIN pragma_table_info(child.name) AS info ON info.name = key."from"
        JOIN pragma_table_list AS list ON list.name = child.name AND list.schema = 'main'
        WHERE child.type = 'table' AND lower(key."table") = lower(:replaces)
          AND lower(child.name) <> lower(:replaces)
        ORDER BY child.name, key.id, key.seq`,
      args: { replaces },
    },
    selectForeign,
  ]);
  const { problems, warnings } = outlook;
  const like = (name: string) => (row: Row) =>
    String(row.name).toLowerCase() === name.toLowerCase() &&
    (row.type === "table" || row.type === "view");
  const old = tables!.rows.find(like(replaces));
  const isOurs = (name: string) =>
    tables!.rows.some(like(name)) &&
    !foreign!.rows.some((row) => like(name)({ ...row, type: "table" }));
  const ours = isOurs("migrations") && isOurs("users");

  for (const name of ours ? [] : ownTableNames()) {
    if (name === replaces.toLowerCase() || !tables!.rows.some(like(name))) continue;
    if (name === "migrations" && isOurs(name)) continue;
    problems.push(`the table "${name}" is in the way of ours: rename or drop it first`);
  }
  if (old?.type === "view") problems.push(`"${replaces}" is a view: name the table itself`);
  if (old?.type !== "table" || (ours && replaces.toLowerCase() === "users")) {
    if (replaces.toLowerCase() !== "users") problems.push(`there is no table "${replaces}"`);
    else {
      warnings.push(
        "no table is replaced; if other tables refer to the old one, say --replaces TABLE and they follow",
      );
    }
    return;
  }

  const name = String(old.name);
  const [count, oldColumns] = await db.read([
    `SELECT count(*) AS rows FROM ${quote(name)}`,
    { sql: "SELECT name FROM pragma_table_info(?)", args: [name] },
  ]);
  const words = new Set(source.text.toLowerCase().match(/\w+/g));
  outlook.replaced = {
    name,
    rows: Number(count!.rows[0]!.rows),
    dropped: tables!.rows
      .filter((row) => row.tbl_name === name && (row.type === "index" || row.type === "trigger"))
      .map((row) => `${row.type} ${row.name}`),
    unnamed: source.text.includes("*") ? [] : oldColumns!.rows.map((row) => String(row.name))
      .filter((column) => !words.has(column.toLowerCase())),
  };
  const left = outlook.replaced.rows - outlook.rows;
  if (left > 0) warnings.push(`${left} rows of "${name}" are not in the SELECT, and go`);
  for (const reference of references!.rows) await lookAtReference(db, source, reference, outlook);
}

/** Our ids are TEXT; whether the ids in another table will still be equal to them is asked of SQLite. */
async function lookAtReference(
  db: Database,
  source: Source,
  { child, column, target, seq, type, pk, strict }: Row,
  { referring, problems, warnings }: Outlook,
): Promise<void> {
  if (!referring.includes(String(child))) referring.push(String(child));
  const place = `"${child}"."${column}"`;
  if (seq !== 0 || (target !== null && String(target).toLowerCase() !== "id")) {
    problems.push(`${place} refers to another column than id: make that table anew first`);
    return;
  }
  const [result] = await db.read([`
    SELECT count(*) FILTER (WHERE NOT key = CAST(key AS TEXT)) AS unlike,
      count(*) FILTER (
        WHERE CAST(key AS TEXT) NOT IN (SELECT CAST(id AS TEXT) FROM ${source.from})) AS orphans
    FROM (SELECT ${quote(String(column))} AS key FROM ${quote(String(child))})
    WHERE key IS NOT NULL`]);
  const { unlike, orphans } = result!.rows[0]!;
  if (unlike !== 0) {
    problems.push(
      `${place} has no type, so its numbers would not equal our ids, which are text; first: ` +
        `UPDATE ${child} SET ${column} = CAST(${column} AS TEXT)`,
    );
  }
  if (orphans !== 0) {
    warnings.push(`${orphans} rows of "${child}" refer to nobody whom the SELECT finds: they stay`);
  }
  const isInteger = String(type).toUpperCase() === "INTEGER" && pk !== 0;
  if (isInteger || (strict === 1 && /^(INT|INTEGER|REAL)$/i.test(String(type)))) {
    warnings.push(
      `${place} takes integers alone: it keeps those who are there, but can take nobody who joins ` +
        "later, whose id is text: make that table anew with TEXT",
    );
  }
}

function ownTableNames(): string[] {
  const names = ownMigrations.flatMap(({ sql }) =>
    Array.from(sql.matchAll(/^CREATE TABLE (\w+)/gm), (match) => match[1]!)
  );
  return ["migrations", ...names];
}
