import { Buffer } from "node:buffer";
import { AppError } from "../../domain/error.ts";
import type { Entry } from "../../domain/data_map.ts";
import type { ExportedTable } from "../../domain/export.ts";
import { type Inventory, retryOnSchemaChange } from "./inventory.ts";
import type { Database, InStatement, InValue, ResultSet, Row, Value } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";
import { belongsTo, bind, type Places, quote } from "./sql.ts";
import { selectUncovered } from "./schema.ts";

/** Rows of one round trip. Memory holds no more rows of a table at a time. */
const pageRows = 1000;

/** What the export shows of one table. */
interface Shown {
  table: string;
  key: string;
  /** The columns that any of the entries shows. */
  columns: string[];
  /** The entries that show columns. A row shows the columns of those entries by which it is the member's. */
  entries: Entry[];
}

/** The session that asks. Each round trip looks it up again, because it may end in the meantime. */
export interface Asker<Session> {
  /** SQL for the member's id, and the values of its parameters. */
  member: Fragment;
  select: InStatement;
  /** Reads the result of `select`; `null` if the session is over. */
  toSession(result: ResultSet): Session | null;
}

/**
 * Exports everything that the data map shows to the member, as tables. The first round trip reads the session
 * and the first page of each table; each further page is one round trip.
 * @returns the session, or `null` if it is over, and the tables
 * @throws `unavailable`. Reading rows throws it too, and `unauthenticated` if the session has ended.
 */
export async function exportMember<Session>(
  db: Database,
  inventory: Inventory,
  asker: Asker<Session>,
): Promise<{ session: Session | null; tables: ExportedTable[] }> {
  return await retryOnSchemaChange(inventory, "as far as known", async (places) => {
    const shown = shownTables(places);
    const { sql: member, values } = asker.member;
    const [found, coverage, ...pages] = await db.read([
      asker.select,
      selectUncovered(places),
      ...shown.map((table) => bind(selectPage(places, table, member, false), values)),
    ]);
    const next = async (table: Shown, after: InValue) => {
      const [still, page] = await db.read([
        asker.select,
        bind(selectPage(places, table, member, true), { ...values, after }),
      ]);
      if (!asker.toSession(still!)) throw new AppError("unauthenticated");
      return page!;
    };
    const value = {
      session: asker.toSession(found!),
      tables: shown.map((table, n) => toExported(table, pages[n]!, next)),
    };
    return { value, uncovered: Number(coverage!.rows[0]!.uncovered) };
  });
}

/** Reads the rows of a table, a page at a time. The first page is known already. */
async function* readRows(
  table: Shown,
  first: ResultSet,
  next: (table: Shown, after: InValue) => Promise<ResultSet>,
): AsyncGenerator<Record<string, unknown>> {
  for (let page = first; page.rows.length > 0;) {
    for (const row of page.rows) yield toRow(row, table);
    if (page.rows.length < pageRows) return;
    page = await next(table, page.rows.at(-1)!.export_key as InValue);
  }
}

function toExported(
  table: Shown,
  first: ResultSet,
  next: (table: Shown, after: InValue) => Promise<ResultSet>,
): ExportedTable {
  const labelOf = (column: string) =>
    table.entries.find(({ fields }) => column in fields)?.fields[column] ?? null;
  return {
    table: table.table,
    labels: table.entries.map(({ label }) => label),
    columns: table.columns.map((name) => ({ name, label: labelOf(name) })),
    rows: () => readRows(table, first, next),
  };
}

function shownTables(places: Places): Shown[] {
  const showing = places.entries.filter(({ show }) => show.length > 0);
  return [...Map.groupBy(showing, ({ table }) => table)].map(([table, entries]) => {
    const columns = new Set(entries.flatMap(({ show }) => show));
    return { table, key: entries[0]!.key, columns: [...columns], entries };
  });
}

function selectPage(
  places: Places,
  { table, key, columns, entries }: Shown,
  member: string,
  following: boolean,
): string {
  const ties = entries.map((entry) => belongsTo(places, entry, member));
  const flags = ties.length > 1 ? ties.map((tie, n) => `(${tie}) AS export_tie${n}`) : [];
  return `
    SELECT ${[`${quote(key)} AS export_key`, ...columns.map(quote), ...flags].join(", ")}
    FROM ${quote(table)}
    WHERE (${ties.join(" OR ")}) ${following ? `AND ${quote(key)} > :after` : ""}
    ORDER BY ${quote(key)} LIMIT ${pageRows}`;
}

function toRow(row: Row, { columns, entries }: Shown): Record<string, unknown> {
  const tied = entries.filter((_, n) => entries.length === 1 || row[`export_tie${n}`] === 1);
  const shown = new Set(tied.flatMap(({ show }) => show));
  return Object.fromEntries(
    columns.filter((column) => shown.has(column))
      .map((column) => [column, readable(column, row[column]!)]),
  );
}

/** Formats numbers in a column named `…_at` (s or ms since the epoch) as ISO 8601, and blobs as base64. */
function readable(column: string, value: Value): unknown {
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString("base64");
  if (!column.endsWith("_at") || typeof value !== "number") return value;
  const instant = new Date(Math.abs(value) < 1e11 ? value * 1000 : value);
  return Number.isNaN(instant.getTime()) ? value : instant.toISOString();
}
