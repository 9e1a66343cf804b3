import type { Row } from "../db/engine/database.ts";

type Cells = Row | Record<string, string | number | null>;

export type Table = readonly Cells[];

/** Figures, each on a line of its own, and lists that belong to them. */
export interface Summary {
  summary: Cells;
  tables: Record<string, Table>;
}

/** Columns under their names, instants in UTC; or one JSON list for scripts. */
export function print(found: Table | Summary, json: boolean): void {
  if (!("summary" in found)) return json ? printJson(readableRows(found)) : printRows(found);
  const summary = readableRow(found.summary);
  const tables = Object.entries(found.tables);
  if (json) {
    const lists = tables.map(([name, table]) => [name, readableRows(table)]);
    return printJson([{ ...summary, ...Object.fromEntries(lists) }]);
  }
  const width = Math.max(...Object.keys(summary).map((name) => name.length));
  for (const [name, value] of Object.entries(summary)) {
    console.log(`${name.padEnd(width)}  ${value}`.trimEnd());
  }
  for (const [name, table] of tables) {
    console.log(`\n${name}:`);
    printRows(table);
  }
}

function printJson(value: unknown): void {
  console.log(JSON.stringify(value));
}

function readableRows(table: Table) {
  return table.map(readableRow);
}

function readableRow(row: Cells): Record<string, string> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, readable(name, value)]),
  );
}

function printRows(table: Table): void {
  const rows = readableRows(table);
  const [first] = rows;
  if (!first) return console.log("nothing");
  const names = Object.keys(first);
  const widths = names.map((name) =>
    Math.max(...[name, ...rows.map((row) => row[name]!)].map(width))
  );
  const line = (cells: string[]) =>
    cells.map((cell, index) => cell + " ".repeat(widths[index]! - width(cell))).join("  ")
      .trimEnd();
  console.log(line(names));
  for (const row of rows) console.log(line(names.map((name) => row[name]!)));
}

function readable(name: string, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" && /_at$/.test(name)) return new Date(value).toISOString();
  return String(value).replace(/\p{Cc}/gu, " "); // a value never breaks the line
}

/** Hangul and other wide letters take two columns of a terminal. */
function width(text: string): number {
  return Array.from(text).reduce((sum, char) => sum + (/[\u1100-\uffdc]/.test(char) ? 2 : 1), 0);
}
