/** Checks the operator's SELECT and the schema before an import. Only reads. */
import type { Database, Row } from "../engine/database.ts";
import { selectForeign } from "../engine/migrate.ts";
import { ownMigrations } from "../engine/own_migrations.ts";
import { type Dropped, findDropped } from "./dropped.ts";
import type { Source } from "./source.ts";
import { quote } from "../map/sql.ts";

/** Columns of the SELECT that become columns of Annyeong; `rank` and `joined_at` are optional. */
const needed = ["id", "name", "email", "password"];
const known = [...needed, "rank", "joined_at"];
/** Names that further columns of the SELECT cannot have. */
const reserved = "name_key email_key password_hash imported_id rowid oid _rowid_".split(" ");

/** What an import would find and do. If there is a problem, nothing is imported. */
export interface Preflight {
  columns: string[];
  /** Further columns of the SELECT, which become further columns of `users`. */
  extras: string[];
  rows: number;
  /**
   * The table that the new `users` replaces, in its original case; `null` if there is none. `dropped` are its
   * indexes and triggers, `unnamed` its columns that the SELECT does not read.
   */
  replaced: { name: string; rows: number; dropped: string[]; unnamed: string[] } | null;
  /** Tables whose foreign keys will refer to the new `users`. */
  referring: string[];
  /** Data of the source system that the import does not take over. */
  dropped: Dropped;
  problems: string[];
  warnings: string[];
}

/**
 * Checks the source and the schema.
 * @param replaces name of the table to replace, in any case
 * @throws `unavailable`; `RefusedStatement` if the source is not one SELECT
 */
export async function runPreflight(
  db: Database,
  source: Source,
  replaces: string,
): Promise<Preflight> {
  const [shape] = await db.read([`SELECT * FROM ${source.from} LIMIT 0`]);
  const columns = shape!.columns;
  const extras = columns.filter((column) => !known.includes(column));
  const problems = [
    ...needed.filter((column) => !columns.includes(column))
      .map((column) => `the SELECT has no column "${column}"`),
    ...extras.filter((column) => !isFreeName(column, extras))
      .map((column) => `the column "${column}" needs another name: AS …`),
  ];
  const preflight: Preflight = {
    columns,
    extras,
    rows: 0,
    replaced: null,
    referring: [],
    dropped: { facts: [], barred: null },
    problems,
    warnings: [],
  };
  if (problems.length > 0) return preflight;

  await checkIds(db, source, preflight);
  if (problems.length > 0) return preflight;
  await checkExtraPasswords(db, source, preflight);
  await checkTables(db, source, replaces, preflight);
  preflight.dropped = await findDropped(db, source, columns, preflight.replaced?.name ?? null);
  return preflight;
}

function isFreeName(column: string, extras: readonly string[]): boolean {
  const same = (other: string) => other.toLowerCase() === column.toLowerCase();
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(column) && ![...known, ...reserved].some(same) &&
    extras.filter(same).length === 1;
}

/** Logs and the ledger keep ids after an erasure, so an id must not be a name or an e-mail address. */
async function checkIds(db: Database, source: Source, preflight: Preflight): Promise<void> {
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
  preflight.rows = Number(rows);
  if (rows === 0) preflight.problems.push("the SELECT finds no rows");
  if (untold !== 0) {
    preflight.problems.push(`${untold} rows have an id that is neither integer nor text`);
  }
  if (telling !== 0) {
    preflight.problems.push(
      `${telling} rows have their name or e-mail as id, which logs and the ledger would keep`,
    );
  }
  for (const { id } of telling === 0 ? twice!.rows : []) {
    preflight.problems.push(`row ${id} is found more than once: does a JOIN multiply rows?`);
  }
}

/** Finds further columns that hold the passwords, as in `SELECT *, userpw AS password`. */
async function checkExtraPasswords(
  db: Database,
  source: Source,
  preflight: Preflight,
): Promise<void> {
  const { extras } = preflight;
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
      preflight.problems.push(`the column "${column}" holds the passwords: leave it out`);
    }
  });
}

/** Finds the table to replace, tables that have names of ours, and tables that refer to the replaced one. */
async function checkTables(
  db: Database,
  source: Source,
  replaces: string,
  preflight: Preflight,
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
    selectForeign(),
  ]);
  const { problems, warnings } = preflight;
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
        "no table is replaced; if other tables refer to the old one, name it with --replaces TABLE",
      );
    }
    return;
  }

  const name = String(old.name);
  const [count, oldColumns] = await db.read([
    `SELECT count(*) AS rows FROM ${quote(name)}`,
    { sql: "SELECT name FROM pragma_table_info(?)", args: [name] },
  ]);
  preflight.replaced = {
    name,
    rows: Number(count!.rows[0]!.rows),
    dropped: tables!.rows
      .filter((row) => row.tbl_name === name && (row.type === "index" || row.type === "trigger"))
      .map((row) => `${row.type} ${row.name}`),
    unnamed: source.text.includes("*") ? [] : oldColumns!.rows.map((row) => String(row.name))
      .filter((column) => !source.names(column)),
  };
  const left = preflight.replaced.rows - preflight.rows;
  if (left > 0) warnings.push(`${left} rows of "${name}" are not in the SELECT and are deleted`);
  for (const reference of references!.rows) await checkReference(db, source, reference, preflight);
}

/** Checks a foreign key to the replaced table: its values must be equal to our ids, which are TEXT. */
async function checkReference(
  db: Database,
  source: Source,
  { child, column, target, seq, type, pk, strict }: Row,
  { referring, problems, warnings }: Preflight,
): Promise<void> {
  if (!referring.includes(String(child))) referring.push(String(child));
  const place = `"${child}"."${column}"`;
  if (seq !== 0 || (target !== null && String(target).toLowerCase() !== "id")) {
    problems.push(`${place} refers to another column than id: change that table first`);
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
    warnings.push(`${orphans} rows of "${child}" refer to no row of the SELECT: they stay`);
  }
  const isInteger = String(type).toUpperCase() === "INTEGER" && pk !== 0;
  if (isInteger || (strict === 1 && /^(INT|INTEGER|REAL)$/i.test(String(type)))) {
    warnings.push(
      `${place} takes only integers: it keeps the rows that it has, but it cannot refer to members who ` +
        "join later, because their ids are text: change its type to TEXT",
    );
  }
}

function ownTableNames(): string[] {
  const names = ownMigrations.flatMap(({ sql }) =>
    Array.from(sql.matchAll(/^CREATE TABLE (\w+)/gm), (match) => match[1]!)
  );
  return ["migrations", ...names];
}
