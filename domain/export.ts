import type { Words } from "./data_map.ts";

/** A table of an export. Rows are read when they are asked for, and may be asked for again. */
export interface ExportedTable {
  table: string;
  /** The labels of its entries on the data map. */
  labels: readonly Words[];
  columns: readonly { name: string; label: Words | null }[];
  /** Rows have values as JSON has them. A row may lack columns. */
  rows(): AsyncIterable<Readonly<Record<string, unknown>>>;
}

/** What a member downloads. */
export interface Exported {
  /** ms */
  at: number;
  tables: readonly ExportedTable[];
}

/** Writes an export as the text of one JSON object. */
export async function* jsonOf({ at, tables }: Exported): AsyncGenerator<string> {
  yield `{"exported_at":${JSON.stringify(new Date(at).toISOString())},"tables":{`;
  for (const [index, { table, rows }] of tables.entries()) {
    yield `${index > 0 ? "," : ""}\n${JSON.stringify(table)}:[`;
    let separator = "\n";
    for await (const row of rows()) {
      yield separator + JSON.stringify(row);
      separator = ",\n";
    }
    yield "]";
  }
  yield `\n},"complete":true}\n`;
}

/** Writes a table as CSV (RFC 4180) with a byte order mark, by which spreadsheets know that it is UTF-8. */
export async function* csvOf({ columns, rows }: ExportedTable): AsyncGenerator<string> {
  yield `\uFEFF${lineOf(columns.map(({ name }) => name))}`;
  for await (const row of rows()) yield lineOf(columns.map(({ name }) => row[name]));
}

function lineOf(values: readonly unknown[]): string {
  return values.map(cellOf).join(",") + "\r\n";
}

/** A cell. A text that a spreadsheet would take for a formula gets an apostrophe (OWASP: CSV Injection). */
function cellOf(value: unknown): string {
  const text = textOf(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A value as text; empty for none. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
