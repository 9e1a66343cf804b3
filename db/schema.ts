import { columnsOf, type DataMap, tablesOf } from "../domain/data_map.ts";
import type { InStatement } from "@libsql/client";
import type { Database } from "./client.ts";
import { bind, type Places } from "./places.ts";

/** SQL for the live tables that somebody's data may be in: not the engine's own, nor shadow tables. */
export const liveTables = `
  (SELECT name, wr FROM pragma_table_list
   WHERE schema = 'main' AND type IN ('table', 'virtual')
     AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
     AND name NOT IN (
       'libsql_wasm_func_table', 'libsql_vector_meta_shadow',
       '_litestream_seq', '_litestream_lock'))`;

const unnamed = "name NOT IN (SELECT value FROM json_each(:tables))";

/**
 * SQL: how many live tables `:tables` does not name. Looked at in the statement itself, never cached.
 * `pragma_table_list` opens every table, so it is asked only where the list of names gives a reason to.
 */
export const countUnmapped = `
  iif(EXISTS (
    SELECT 1 FROM sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND ${unnamed}),
  (SELECT count(*) FROM ${liveTables} WHERE ${unnamed}), 0)`;

/** The same as a statement. */
export function selectUnmapped(places: Places): InStatement {
  return bind(`SELECT ${countUnmapped} AS unmapped`, { tables: JSON.stringify(places.tables) });
}

export interface LiveTable {
  columns: ReadonlySet<string>;
  hasRowid: boolean;
}
export type LiveSchema = ReadonlyMap<string, LiveTable>;

/** The tables of the live database and their columns. Throws `unavailable`. */
export async function readSchema(db: Database): Promise<LiveSchema> {
  const [result] = await db.read([`
    SELECT live.name AS name, live.wr AS without_rowid, info.name AS column_name
    FROM ${liveTables} AS live JOIN pragma_table_info(live.name) AS info`]);
  const schema = new Map<string, LiveTable & { columns: Set<string> }>();
  for (const row of result!.rows) {
    const table = schema.get(String(row.name)) ??
      { columns: new Set<string>(), hasRowid: row.without_rowid === 0 };
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
  for (const table of schema.keys()) {
    if (known.has(table)) continue;
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
