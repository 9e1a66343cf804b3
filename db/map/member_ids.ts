import { type DataMap, type Subject, tablesOf } from "../../domain/data_map.ts";
import { type Database, RefusedStatement } from "../engine/database.ts";
import { type LiveSchema, ownTableNames } from "./schema.ts";
import { quote, subjectId } from "./sql.ts";

/** How many rows of a table are examined. */
const sampledRows = 20;

/** Shorter values are often counters. They count as ids only in a column with the name of an id. */
const shortestId = 8;

/**
 * Returns a warning for each column that holds ids of members, has no foreign key, and is not on the map.
 * It examines only the newest rows of each table, so it is fast for large tables but may miss a column.
 * Throws `unavailable`.
 */
export async function findMemberIds(
  db: Database,
  map: DataMap,
  schema: LiveSchema,
): Promise<string[]> {
  const known = tablesOf(map);
  const candidates = [...schema].flatMap(([table, live]) => {
    if (live.isEngines || live.isVirtual || !known.has(table)) return [];
    if (ownTableNames(map.subject).has(table)) return []; // the ledger and the audit log hold ids by design
    const entries = map.entries.filter((entry) => entry.table === table);
    const named = new Set(
      entries.flatMap(({ members, via }) => [...members, ...(via ? [via.column] : [])]),
    );
    const referring = new Set(live.foreignKeys.map(({ column }) => column));
    const columns = [...live.columns].filter((column) =>
      column !== live.primaryKey && !named.has(column) && !referring.has(column)
    );
    return columns.length > 0 ? [{ table, columns, hasRowid: live.hasRowid }] : [];
  });
  if (candidates.length === 0) return [];
  try {
    const results = await db.read(candidates.map((candidate) => select(candidate, map.subject)));
    return candidates.flatMap(({ table, columns }, index) =>
      columns.filter((_, n) => results[index]!.rows[0]![`c${n}`] === 1)
        .map((column) => warning(table, column, map))
    );
  } catch (error) {
    if (error instanceof RefusedStatement) return []; // the schema changed in the meantime
    throw error;
  }
}

function select(
  { table, columns, hasRowid }: { table: string; columns: string[]; hasRowid: boolean },
  subject: Subject,
): string {
  const names = columns.map((column, n) => `CAST(${quote(column)} AS TEXT) AS c${n}`).join(", ");
  const order = hasRowid ? "ORDER BY rowid DESC" : "";
  const found = columns.map((column, n) => {
    const least = /(_?id|_by)$/i.test(column) ? 1 : shortestId;
    const isMembers = `EXISTS (
      SELECT 1 FROM ${quote(subject.table)} WHERE ${subjectId(subject)} = c${n})`;
    return `max(length(c${n}) >= ${least} AND ${isMembers}) AS c${n}`;
  });
  return `
    SELECT ${found.join(", ")}
    FROM (SELECT ${names} FROM ${quote(table)} ${order} LIMIT ${sampledRows})`;
}

function warning(table: string, column: string, map: DataMap): string {
  const isNobodys = map.nobody.some((other) => other.table === table);
  return `"${table}"."${column}" holds ids of members, and ` +
    (isNobodys
      ? `"${table}" is declared to hold nobody: give it an entry with member: "${column}"`
      : `no entry names it: add it to \`member\` of the entry for "${table}", or add a second entry`);
}
