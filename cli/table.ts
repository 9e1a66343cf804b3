import type { Row } from "@libsql/client";

export type Table = readonly (Row | Record<string, string | number | null>)[];

/** Columns under their names, instants in UTC; or one JSON list for scripts. */
export function print(table: Table, json: boolean): void {
  const rows = table.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, readable(name, value)]))
  );
  if (json) return console.log(JSON.stringify(rows));
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
  return String(value).replace(/\p{Cc}/gu, " "); // a line stays a line, whatever was typed into it
}

/** Hangul and other wide letters take two columns of a terminal. */
function width(text: string): number {
  return Array.from(text).reduce((sum, char) => sum + (/[\u1100-\uffdc]/.test(char) ? 2 : 1), 0);
}
