import { columnsOf, type DataMap, tablesOf } from "../../domain/data_map.ts";
import type { InStatement } from "@libsql/client";
import type { Database } from "../engine/database.ts";
import { bind, type Places } from "./sql.ts";

/**
 * What SQLite's modules write behind the quoted name of a table of their own. SQLite calls every table of
 * such a name `shadow`, a team's `posts_content` beside `posts` as well; its text alone tells them apart.
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

/** SQL for all tables, and whether somebody's data may be in one: not in the engine's own. */
const allTables = `
  (SELECT name, wr, name NOT IN (
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
 * SQL: how many live tables `:tables` does not name. Looked at in the statement itself, never cached.
 * `pragma_table_list` opens every table, so it is asked only where the list of names gives a reason to.
 */
export const countUnmapped = `
  iif(EXISTS (
    SELECT 1 FROM sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND ${unnamed}),
  (SELECT count(*) FROM ${allTables} WHERE live AND ${unnamed}), 0)`;

/** The same as a statement. */
export function selectUnmapped(places: Places): InStatement {
  return bind(`SELECT ${countUnmapped} AS unmapped`, { tables: JSON.stringify(places.tables) });
}

export interface LiveTable {
  columns: ReadonlySet<string>;
  hasRowid: boolean;
  /** Made by the engine itself, so that nobody has to name it. */
  isEngines: boolean;
}
export type LiveSchema = ReadonlyMap<string, LiveTable>;

/** The tables of the live database and their columns. Throws `unavailable`. */
export async function readSchema(db: Database): Promise<LiveSchema> {
  const [result] = await db.read([`
    SELECT every.name AS name, live, wr AS without_rowid, info.name AS column_name
    FROM ${allTables} AS every JOIN pragma_table_info(every.name) AS info`]);
  const schema = new Map<string, LiveTable & { columns: Set<string> }>();
  for (const row of result!.rows) {
    const table = schema.get(String(row.name)) ??
      { columns: new Set(), hasRowid: row.without_rowid === 0, isEngines: row.live === 0 };
    table.columns.add(String(row.column_name));
    schema.set(String(row.name), table);
  }
  return schema;
}

/** Where map and database disagree. */
export interface Disagreement {
  /** Sentences that say what to write where. While there is one, nobody can leave. */
  problems: string[];
  /** What is only odd: a table on the map that is not there yet. */
  warnings: string[];
}

/** Walks the live schema beside the map. */
export function compareSchema(map: DataMap, schema: LiveSchema): Disagreement {
  const known = tablesOf(map);
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const [table, { isEngines }] of schema) {
    if (isEngines || known.has(table)) continue;
    problems.push(
      `table "${table}" is not on the data map: add destroy("${table}", …), anonymise("${table}", …), ` +
        `keepApart("${table}", …) or holdsNobody("${table}", "why") to data_map.ts`,
    );
  }
  for (const entry of map.entries) {
    const live = schema.get(entry.table);
    if (!live) {
      warnings.push(`table "${entry.table}" is on the data map, but not in the database yet`);
      continue;
    }
    for (const column of columnsOf(entry)) {
      if (!live.columns.has(column)) {
        problems.push(`the data map names "${entry.table}"."${column}", which does not exist`);
      }
    }
    if (entry.key === "rowid" && !live.hasRowid) {
      problems.push(`table "${entry.table}" has no rowid: name its unique column as \`key\``);
    }
    const parent = entry.via && schema.get(entry.via.table);
    if (parent && !parent.columns.has(entry.via!.key)) {
      problems.push(
        `the data map names "${entry.via!.table}"."${entry.via!.key}", which does not exist`,
      );
    }
  }
  const users = schema.get("users");
  for (const entry of map.entries) {
    if (entry.disposition !== "keep" || !users) continue;
    for (const source of Object.values(entry.copy)) {
      const column = source.slice("users.".length);
      if (!users.columns.has(column)) {
        problems.push(`the data map copies "users"."${column}", which does not exist`);
      }
    }
  }
  return { problems, warnings };
}
