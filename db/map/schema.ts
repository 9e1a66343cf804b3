import {
  columnsOf,
  type DataMap,
  type Entry,
  type Subject,
  tablesOf,
} from "../../domain/data_map.ts";
import type { Database, InStatement, Row } from "../engine/database.ts";
import { ownTableNames as names } from "../engine/own_tables.ts";
import { deletesSecurely, isKept } from "./full_text.ts";
import { bind, type Places } from "./sql.ts";

/**
 * How SQLite's modules define their shadow tables, after the quoted name. The type `shadow` is not enough,
 * because SQLite derives it from the name: an app's own `posts_content` beside `posts` has it too.
 */
const written = [
  "(id INTEGER PRIMARY KEY, c[0-9]*", // fts5
  "(id INTEGER PRIMARY KEY, block BLOB)",
  "(id INTEGER PRIMARY KEY, sz BLOB*",
  "(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID",
  "(k PRIMARY KEY, v) WITHOUT ROWID",
  "(docid INTEGER PRIMARY KEY, 'c0*", // fts3, fts4
  "(docid INTEGER PRIMARY KEY, size BLOB)",
  "(blockid INTEGER PRIMARY KEY, block BLOB)",
  "(level INTEGER,idx INTEGER,start_block INTEGER,*",
  "(id INTEGER PRIMARY KEY, value BLOB)",
  "(nodeno INTEGER PRIMARY KEY,*", // rtree, geopoly
  "(rowid INTEGER PRIMARY KEY,nodeno*",
];

/** SQL: all tables; `live` is 0 for the engine's own, which hold no data of an app. */
const allTables = `
  (SELECT name, type, wr, name NOT IN (
       'libsql_wasm_func_table', 'libsql_vector_meta_shadow',
       '_litestream_seq', '_litestream_lock')
     AND (type <> 'shadow' OR NOT EXISTS (
       SELECT 1 FROM sqlite_schema JOIN json_each('${
  JSON.stringify(written).replaceAll("'", "''")
}') AS body
       WHERE sqlite_schema.type = 'table' AND sqlite_schema.name = listed.name
         AND sql GLOB 'CREATE TABLE [''"]*[''"]' || body.value)) AS live
   FROM pragma_table_list AS listed
   WHERE schema = 'main' AND type IN ('table', 'virtual', 'shadow')
     AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\')`;

const unnamed = "name NOT IN (SELECT value FROM json_each(:tables))";

/**
 * SQL: the number of tables, foreign keys and indexes that the places do not cover. A withdrawal needs 0.
 * The claim evaluates it, so stale places can make a withdrawal fail, but not miss a table.
 */
export function countUncovered(places: Places): string {
  return `(${
    [
      countUnmapped,
      countUntied(places),
      countNewVirtual,
      ...(places.subject.isOwn ? [] : [countReused]),
      ...unsafeIndexes(places),
    ].join(" + ")
  })`;
}

/** Returns the values of the parameters of `countUncovered`. */
export function coverage(places: Places): Record<string, string> {
  const ties: Record<string, string[]> = {};
  for (const entry of places.entries) {
    const columns = ties[entry.table.toLowerCase()] ??= [];
    columns.push(...tiesOf(entry));
  }
  return {
    tables: JSON.stringify(places.tables),
    ties: JSON.stringify(ties),
    subject: places.subject.table.toLowerCase(),
    subject_key: places.subject.key.toLowerCase(),
    virtual: JSON.stringify(Object.fromEntries(places.virtual.map(({ name, sql }) => [name, sql]))),
  };
}

/** Makes a SELECT of `countUncovered`. */
export function selectUncovered(places: Places): InStatement {
  return bind(`SELECT ${countUncovered(places)} AS uncovered`, coverage(places));
}

/** Returns the columns, in lower case, by which an entry finds a member's rows. */
function tiesOf({ members, via }: Entry): string[] {
  return [...members, ...(via ? [via.column] : [])].map((column) => column.toLowerCase());
}

/** SQL: counts tables that `:tables` does not name. The slow `pragma_table_list` runs only if there are any. */
const countUnmapped = `
  iif(EXISTS (
    SELECT 1 FROM sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND ${unnamed}),
  (SELECT count(*) FROM ${allTables} WHERE live AND ${unnamed}), 0)`;

/** The tables of Annyeong, except the subject. Beside another system, a table like `sessions` is the app's. */
export function ownTableNames({ isOwn }: Subject): ReadonlySet<string> {
  return isOwn ? names.all : names.withoutUsers;
}

/** SQL: whether the table `live` is an app's and has a foreign key, according to its CREATE statement. */
export function mayRefer({ subject }: Places): string {
  const own = Array.from(ownTableNames(subject), (name) => `'${name}'`).join(", ");
  return `live.type = 'table' AND live.sql LIKE '%REFERENCES%' AND live.name NOT IN (${own})`;
}

/** SQL: counts foreign keys to the subject, in tables with entries, whose column no entry names. */
function countUntied(places: Places): string {
  return `
  iif(EXISTS (SELECT 1 FROM sqlite_schema AS live WHERE ${mayRefer(places)}),
  (SELECT count(*)
   FROM json_each(:ties) AS mapped
     JOIN sqlite_schema AS live ON live.name = mapped.key COLLATE NOCASE AND live.type = 'table'
     JOIN pragma_foreign_key_list(live.name) AS key
   WHERE lower(key."table") = :subject
     AND lower(key."from") NOT IN (SELECT value FROM json_each(mapped.value))), 0)`;
}

/** SQL: 1 if SQLite gives the id of a member who has left to the next one. Our own ids are never used again. */
const countReused = `
  (SELECT count(*) FROM sqlite_schema AS live
   WHERE type = 'table' AND lower(name) = :subject
     AND sql NOT LIKE '%AUTOINCREMENT%' AND sql NOT LIKE '%WITHOUT ROWID%'
     AND (SELECT group_concat(upper(info.type)) FROM pragma_table_info(live.name) AS info
          WHERE info.pk > 0) = 'INTEGER')`;

/** SQL: counts virtual tables (those with rootpage 0) that are new or changed since the last refresh. */
const countNewVirtual = `
  (SELECT count(*) FROM sqlite_schema AS live
   WHERE type = 'table' AND rootpage = 0 AND NOT EXISTS (
     SELECT 1 FROM json_each(:virtual) AS seen WHERE seen.key = live.name AND seen.value = live.sql))`;

/** SQL: for each index on the map, 1 if it would keep a member's words. */
function unsafeIndexes({ virtual }: Places): string[] {
  return virtual.flatMap((index) => [
    ...(index.needsSecureDelete ? [`(NOT ${deletesSecurely(index.name)})`] : []),
    ...index.triggers.map((trigger) => `(NOT ${isKept(index.name, trigger)})`),
  ]);
}

/** SQL: whether each index on the map still does what keeps no word of a member. */
export function indexesAreSafe(places: Places): string {
  const unsafe = unsafeIndexes(places);
  return unsafe.length === 0 ? "TRUE" : `NOT (${unsafe.join(" OR ")})`;
}

/**
 * SQL: a text that differs when the schema does. SQLite counts the changes of a schema; the lengths are for
 * a database that was replaced by another one with as many changes.
 */
export const schemaMark = `(
  (SELECT schema_version FROM pragma_schema_version) || ' ' ||
  (SELECT total(length(sql)) FROM sqlite_schema))`;

/**
 * Selects a JSON list of `table.column`, in lower case, of the foreign keys by which rows are deleted with
 * their subject's row. It is empty where the database does not enforce foreign keys.
 */
export const selectCascading = `
  SELECT json_group_array(lower(live.name || '.' || key."from"))
  FROM sqlite_schema AS live JOIN pragma_foreign_key_list(live.name) AS key
  WHERE live.type = 'table' AND lower(key."table") = :subject AND key.on_delete = 'CASCADE'
    AND coalesce(lower(key."to"), :subject_key) = :subject_key
    AND (SELECT count(*) FROM pragma_foreign_key_list(live.name) AS part WHERE part.id = key.id) = 1
    AND (SELECT foreign_keys FROM pragma_foreign_keys) = 1`;

/** A foreign key of a table. */
export interface ForeignKey {
  column: string;
  /** The table that it refers to. */
  table: string;
}

/** A table of the database. Column names are in their original case. */
export interface LiveTable {
  columns: ReadonlySet<string>;
  generated: ReadonlySet<string>;
  notNull: ReadonlySet<string>;
  /** The column of a primary key that has only one; otherwise `null`. */
  primaryKey: string | null;
  foreignKeys: readonly ForeignKey[];
  hasRowid: boolean;
  /** The primary key is the rowid, and SQLite may assign the same again after a DELETE. */
  reusesIds: boolean;
  isVirtual: boolean;
  /** Made by the database engine, so it does not belong on the map. */
  isEngines: boolean;
}
export type LiveSchema = ReadonlyMap<string, LiveTable>;

/** Reads the tables of the database and their columns. Throws `unavailable`. */
export async function readSchema(db: Database): Promise<LiveSchema> {
  const [columns, keys] = await db.read([
    `SELECT every.name AS name, every.type AS type, live, wr AS without_rowid, info.type AS column_type,
       (SELECT sql FROM sqlite_schema WHERE sqlite_schema.name = every.name AND type = 'table') AS sql, info.name AS column_name, info.hidden,
       info."notnull" AS not_null, info.pk
     FROM ${allTables} AS every JOIN pragma_table_xinfo(every.name) AS info
     WHERE info.hidden <> 1 ORDER BY info.cid`, // 1: the columns that a virtual table hides
    `SELECT live.name AS name, key."from" AS column_name, key."table" AS parent
     FROM sqlite_schema AS live JOIN pragma_foreign_key_list(live.name) AS key
     WHERE live.type = 'table'`,
  ]);
  const schema = new Map<string, LiveTable>();
  for (const [name, rows] of Map.groupBy(columns!.rows, (row) => String(row.name))) {
    const named = (found: Row[]) => new Set(found.map((row) => String(row.column_name)));
    const key = rows.filter((row) => row.pk !== 0);
    schema.set(name, {
      columns: named(rows),
      generated: named(rows.filter((row) => row.hidden !== 0)),
      notNull: named(rows.filter((row) => row.not_null !== 0)),
      primaryKey: key.length === 1 ? String(key[0]!.column_name) : null,
      foreignKeys: keys!.rows.filter((row) => row.name === name)
        .map((row) => ({ column: String(row.column_name), table: String(row.parent) })),
      hasRowid: rows[0]!.without_rowid === 0,
      reusesIds: rows[0]!.without_rowid === 0 && key.length === 1 &&
        String(key[0]!.column_type).toUpperCase() === "INTEGER" &&
        !/\bAUTOINCREMENT\b/i.test(String(rows[0]!.sql)),
      isVirtual: rows[0]!.type === "virtual",
      isEngines: rows[0]!.live === 0,
    });
  }
  return schema;
}

/** The differences between the data map and the database. */
export interface Disagreement {
  /** Sentences that say what to change. While there is one, withdrawals fail. */
  problems: string[];
  /** Sentences about differences that stop no withdrawal, such as a table that does not exist yet. */
  warnings: string[];
}

/** Compares the live schema with the map. */
export function compareSchema(map: DataMap, schema: LiveSchema): Disagreement {
  const known = tablesOf(map);
  const problems: string[] = [];
  const warnings: string[] = [];
  if (schema.get(map.subject.table)?.reusesIds) problems.push(reused(map.subject));
  for (const [table, { isEngines }] of schema) {
    if (isEngines || known.has(table)) continue;
    problems.push(
      `table "${table}" is not on the data map: add destroy("${table}", …), anonymise("${table}", …), ` +
        `keepApart("${table}", …) or holdsNobody("${table}", "why") to data_map.ts`,
    );
  }
  for (const entry of map.entries) {
    const live = schema.get(entry.table);
    if (live) problems.push(...problemsOf(entry, live, schema, map.subject));
    else warnings.push(`table "${entry.table}" is on the data map, but not in the database yet`);
  }
  for (const { table, column } of untiedKeys(map, schema)) {
    if (map.entries.some((entry) => entry.table === table)) {
      problems.push(untied(table, column, map.subject));
    } else if (known.has(table)) {
      warnings.push(
        `table "${table}" is declared to hold nobody, but "${table}"."${column}" refers to ${map.subject.table}`,
      );
    }
  }
  return { problems: [...new Set(problems)], warnings: [...new Set(warnings)] };
}

/** Returns the foreign keys to the subject that no entry of their table names. */
function untiedKeys(map: DataMap, schema: LiveSchema): { table: string; column: string }[] {
  return [...schema].flatMap(([table, { foreignKeys }]) => {
    const entries = map.entries.filter((entry) => entry.table === table);
    const tied = new Set(entries.flatMap(tiesOf));
    return foreignKeys
      .filter((key) =>
        key.table.toLowerCase() === map.subject.table.toLowerCase() &&
        !tied.has(key.column.toLowerCase())
      )
      .map(({ column }) => ({ table, column }));
  });
}

function reused({ table, key }: Subject): string {
  return `"${table}"."${key}" is an INTEGER PRIMARY KEY without AUTOINCREMENT, so SQLite gives the id of a member ` +
    `who has left to the next one: make the table again with AUTOINCREMENT, see docs/exit.md`;
}

function untied(table: string, column: string, subject: Subject): string {
  return `"${table}"."${column}" refers to ${subject.table}, and no entry names it: add it to \`member\` of the entry ` +
    `for "${table}", or add a second entry, such as anonymise("${table}", { member: "${column}", ` +
    `set: { ${column}: null }, … })`;
}

function problemsOf(
  entry: Entry,
  live: LiveTable,
  schema: LiveSchema,
  subject: Subject,
): string[] {
  const problems: string[] = [];
  const missing = (table: string, column: string) =>
    problems.push(`the data map names "${table}"."${column}", which does not exist`);
  for (const column of columnsOf(entry)) {
    if (!live.columns.has(column)) missing(entry.table, column);
  }
  if (entry.key === "rowid" && !live.hasRowid) {
    problems.push(`table "${entry.table}" has no rowid: name its unique column as \`key\``);
  }
  const parent = entry.via && schema.get(entry.via.table);
  if (parent && !parent.columns.has(entry.via!.key)) missing(entry.via!.table, entry.via!.key);
  if (entry.disposition === "anonymise") {
    for (const [column, value] of Object.entries(entry.set)) {
      if (live.generated.has(column)) {
        problems.push(
          `"${entry.table}"."${column}" is a generated column: set the columns that it is made from`,
        );
      }
      if (value === null && live.notNull.has(column)) {
        problems.push(
          `"${entry.table}"."${column}" is NOT NULL: \`set\` needs another value for it`,
        );
      }
    }
  }
  if (entry.disposition === "keep") {
    const copied = schema.get(subject.table);
    for (const source of Object.values(entry.copy)) {
      const column = source.slice(`${subject.table}.`.length);
      if (copied && !copied.columns.has(column)) {
        problems.push(`the data map copies "${subject.table}"."${column}", which does not exist`);
      }
    }
  }
  return problems;
}
