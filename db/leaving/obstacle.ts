import { type BlockedBy, erasureOrder, type Words } from "../../domain/data_map.ts";
import type { Database, RefusedStatement, Row } from "../engine/database.ts";
import { bind, type Places, quote, tableBelongsTo } from "../map/sql.ts";
import type { Source } from "../engine/source.ts";

/** What is in the way of an erasure. */
export interface Obstacle {
  /** For the log: tables, columns and the message of a trigger, and nothing of the member. */
  said: string;
  /** What `blockedBy` of the data map may name: the message of a trigger, and tables. */
  by: readonly string[];
  /** What the data map says about it to the member. */
  words?: Words | undefined;
}

/**
 * Explains why the database refused a statement of an erasure. A foreign key is looked up, because SQLite
 * does not say which one it is. Throws `unavailable`.
 *
 * @param table the table that the refused statement changes, or counts
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

/** The sentence of the first element of the map that speaks of the obstacle. */
export function wordsOf({ by }: Obstacle, blocks: readonly BlockedBy[]): Words | undefined {
  return by.map((name) => blocks.find((block) => block.by === name)).find(Boolean)?.words;
}

/** The foreign keys by which rows of other tables hold on to the member's rows of a table. */
async function findReferring(
  db: Database,
  places: Places,
  table: string,
  { from, where, values }: Source,
  now: number,
): Promise<{ name: string; column: string }[]> {
  const order = erasureOrder(places.entries);
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
  const member = `(SELECT users.id FROM ${from} WHERE ${where})`;
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
