import { type BlockedBy, erasureOrder, type Words } from "../../domain/data_map.ts";
import type { Database, RefusedStatement, Row } from "../engine/database.ts";
import { bind, type Places, quote, subjectId, tableBelongsTo } from "../map/sql.ts";
import type { Source } from "../engine/source.ts";

/** What makes an erasure fail. */
export interface Obstacle {
  /** A sentence for the log. It names tables, columns and the message of a trigger, but no values. */
  said: string;
  /** The message of a trigger, and tables. An element `blockedBy` of the data map names one of them. */
  by: readonly string[];
  /** The data map's sentence for the member. */
  words?: Words | undefined;
}

/**
 * Explains why the database refused a statement of an erasure. SQLite does not say which foreign key
 * failed, so this reads the schema and the rows.
 * @param table the table that the refused statement changes or counts
 * @param source selects the member
 * @param now ms
 * @throws `unavailable`
 */
export async function findObstacle(
  db: Database,
  places: Places,
  { said }: RefusedStatement,
  table: string,
  source: Source,
  now: number,
): Promise<Obstacle> {
  if (/^CHECK constraint failed: nothing_left/.test(said)) {
    return {
      said:
        `rows of "${table}" are still there after the erasure: a trigger ignores or restores them`,
      by: [table],
    };
  }
  if (/^FOREIGN KEY constraint failed/.test(said)) {
    const referring = await findReferring(db, places, table, source, now);
    const keys = referring.map(({ name, column }) => `"${name}"."${column}"`).join(" and ");
    return {
      said: keys
        ? `rows of "${table}" cannot go, because ${keys} refers to them`
        : `a foreign key of "${table}", or to it, is in the way`,
      by: [...referring.map(({ name }) => name), table],
    };
  }
  if (/^(UNIQUE|NOT NULL|CHECK) constraint failed/.test(said)) {
    return { said: `"${table}" cannot be changed: ${said}`, by: [table] };
  }
  return { said: `a trigger refuses the change of "${table}": ${said}`, by: [said, table] };
}

/** Returns the sentence of the data map for an obstacle, if it has one. */
export function wordsOf({ by }: Obstacle, blocks: readonly BlockedBy[]): Words | undefined {
  return by.map((name) => blocks.find((block) => block.by === name)).find(Boolean)?.words;
}

/** Finds the foreign keys by which rows of other tables refer to the member's rows of a table. */
async function findReferring(
  db: Database,
  places: Places,
  table: string,
  { from, where, values }: Source,
  now: number,
): Promise<{ name: string; column: string }[]> {
  const order = erasureOrder(places.entries, places.subject);
  const before = order.slice(0, order.findIndex((entry) => entry.table === table));
  const emptiedBefore = new Set(
    before.filter((entry) => entry.where === null).map((entry) => entry.table),
  );
  const [keys] = await db.read([{
    sql: `
      SELECT live.name, key."from" AS column_name,
        coalesce(key."to", (SELECT name FROM pragma_table_info(:table) WHERE pk = 1)) AS target
      FROM sqlite_schema AS live JOIN pragma_foreign_key_list(live.name) AS key
      WHERE live.type = 'table' AND lower(key."table") = lower(:table)
        AND key.on_delete NOT IN ('CASCADE', 'SET NULL')`,
    args: { table },
  }]);
  const candidates = keys!.rows.filter(({ name }) => !emptiedBefore.has(String(name)));
  if (candidates.length === 0) return [];
  const member = `(SELECT ${subjectId(places.subject)} FROM ${from} WHERE ${where})`;
  const isHeld = ({ name, column_name, target }: Row) => `
    SELECT EXISTS (SELECT 1 FROM ${quote(String(name))} WHERE ${quote(String(column_name))} IN (
      SELECT ${quote(String(target))} FROM ${quote(table)}
      WHERE ${tableBelongsTo(places, table, member)})) AS held`;
  const results = await db.read(
    candidates.map((key) => bind(isHeld(key), { ...values, now, receipt_id: null })),
  );
  return candidates.filter((_, index) => results[index]!.rows[0]!.held === 1)
    .map(({ name, column_name }) => ({ name: String(name), column: String(column_name) }));
}
