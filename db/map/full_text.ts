/**
 * Makes an erasure reach full-text indexes. They keep the words of a text in tables of their own (`x_data`,
 * `x_segments`), and deleting the text does not delete them: FTS5 does that only with its option
 * `secure-delete` (https://sqlite.org/fts5.html), other modules only when they merge their b-trees.
 */
import { type DataMap, type Entry, tablesOf } from "../../domain/data_map.ts";
import { type Database, RefusedStatement } from "../engine/database.ts";
import { quote, type Virtual } from "./sql.ts";

/** Reads the virtual tables of the database. Throws `unavailable`. */
export async function readVirtual(db: Database, map: DataMap): Promise<Virtual[]> {
  const [found] = await db.read([
    "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND rootpage = 0 ORDER BY name",
  ]);
  return found!.rows.map((row) => describe(String(row.name), String(row.sql), map));
}

function describe(name: string, sql: string, map: DataMap): Virtual {
  const needsNothing = { name, sql, needsSecureDelete: false, needsOptimize: false, triggers: [] };
  const { module, content, columns, contentlessDelete } = optionsOf(sql);
  const onMap = tablesOf(map).has(name);
  if (!onMap || !/^fts[345]$/.test(module)) return needsNothing;
  const needsSecureDelete = module === "fts5" && !contentlessDelete;
  const indexed = map.entries.filter(({ table }) => table.toLowerCase() === content.toLowerCase());
  const events = new Set(indexed.flatMap((entry) => eventsOf(entry, columns)));
  const triggers = [...events].map((event) => ({ table: content, event }));
  return { name, sql, needsSecureDelete, needsOptimize: !needsSecureDelete, triggers };
}

/** Returns what an erasure does to the rows of an entry, if that changes the text in an index over `columns`. */
function eventsOf(entry: Entry, columns: readonly string[]): ("DELETE" | "UPDATE")[] {
  if (entry.disposition !== "anonymise") return ["DELETE"];
  const changes = Object.keys(entry.set).some((column) => columns.includes(column.toLowerCase()));
  return changes ? ["UPDATE"] : [];
}

/** Parses `CREATE VIRTUAL TABLE x USING fts5(a, b UNINDEXED, content='posts')`. Names become lower case. */
function optionsOf(sql: string) {
  const [, module = "", list = ""] = /\bUSING\s+["'`[]?(\w+)["'`\]]?\s*\(([^]*)\)/i.exec(sql) ?? [];
  const parts = list.split(",").map((part) => part.trim());
  const options = new Map<string, string>();
  for (const part of parts) {
    const [, name, value] = /^(\w+)\s*=\s*["'`[]?([^"'`\]]*)/.exec(part) ?? [];
    if (name) options.set(name.toLowerCase(), value!.trim());
  }
  return {
    module: module.toLowerCase(),
    /** The table that holds the indexed text; empty if the index holds the text itself. */
    content: options.get("content") ?? "",
    contentlessDelete: options.get("contentless_delete") === "1",
    columns: parts.filter((part) => !/^\w+\s*=/.test(part))
      .map((part) => part.split(/\s/)[0]!.replace(/["'`[\]]/g, "").toLowerCase()),
  };
}

/** SQL: whether the option `secure-delete` of an FTS5 table is set. */
export function deletesSecurely(name: string): string {
  return `EXISTS (SELECT 1 FROM ${quote(`${name}_config`)} WHERE k = 'secure-delete' AND v = 1)`;
}

/** SQL: whether a table has a trigger on an event that names the index. */
export function isKept(name: string, { table, event }: Virtual["triggers"][number]): string {
  return `EXISTS (
    SELECT 1 FROM sqlite_schema
    WHERE type = 'trigger' AND tbl_name = '${table}' COLLATE NOCASE
      AND instr(lower(sql), '${name.toLowerCase()}') > 0
      AND instr(upper(sql), '${event}') BETWEEN 1 AND instr(upper(sql), 'BEGIN'))`;
}

/** Returns a sentence for each index that would keep a member's words. Throws `unavailable`. */
export async function findUnsafe(db: Database, virtual: readonly Virtual[]): Promise<string[]> {
  const checks = virtual.flatMap((index) => [
    ...(index.needsSecureDelete
      ? [{ isSafe: deletesSecurely(index.name), problem: unsecured(index.name) }]
      : []),
    ...index.triggers.map((trigger) => ({
      isSafe: isKept(index.name, trigger),
      problem: unkept(index.name, trigger),
    })),
  ]);
  if (checks.length === 0) return [];
  const results = await db.read(checks.map(({ isSafe }) => `SELECT ${isSafe} AS safe`));
  return checks.filter((_, index) => results[index]!.rows[0]!.safe === 0)
    .map(({ problem }) => problem);
}

function unsecured(name: string): string {
  return `full-text index "${name}" keeps the words of deleted rows: run "deno task migrate", which sets ` +
    `its option secure-delete`;
}

function unkept(name: string, { table, event }: Virtual["triggers"][number]): string {
  return `full-text index "${name}" keeps the words of "${table}": add a trigger AFTER ${event} ON ` +
    `"${table}" that removes them from the index, see docs/data-map.md`;
}

/**
 * Sets `secure-delete` for each FTS5 table on the map that lacks it, and merges its b-trees once, which
 * removes the words of rows that were deleted before. Throws `unavailable`.
 */
export async function secureFullText(db: Database, map: DataMap): Promise<void> {
  const candidates = (await readVirtual(db, map)).filter((index) => index.needsSecureDelete);
  if (candidates.length === 0) return;
  const states = await db.read(
    candidates.map(({ name }) => `SELECT ${deletesSecurely(name)} AS safe`),
  );
  const names = candidates.filter((_, index) => states[index]!.rows[0]!.safe === 0)
    .map(({ name }) => name);
  for (const name of names) await secure(db, quote(name));
  if (names.length > 0) await db.truncateLog();
}

async function secure(db: Database, table: string): Promise<void> {
  try {
    await db.write([
      `INSERT INTO ${table} (${table}, rank) VALUES ('secure-delete', 1)`,
      `INSERT INTO ${table} (${table}) VALUES ('optimize')`,
    ]);
  } catch (error) {
    if (!(error instanceof RefusedStatement)) throw error; // if refused, `findUnsafe` reports the index
  }
}

/**
 * Makes the statements that remove deleted words from the indexes without `secure-delete`.
 * @param condition SQL: whether to run them
 */
export function mergeStatements(virtual: readonly Virtual[], condition: string): string[] {
  return virtual.filter(({ needsOptimize }) => needsOptimize).map(({ name }) =>
    `INSERT INTO ${quote(name)} (${quote(name)}) SELECT 'optimize' WHERE ${condition}`
  );
}
