export type Row = Record<string, string | number>;

/** Rows as a Markdown table, numbers to the right. */
export function markdownTable(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  const isNumber = (name: string) => rows.every((row) => typeof row[name] === "number");
  return [
    `| ${names.join(" | ")} |`,
    `| ${names.map((name) => isNumber(name) ? "---:" : "---").join(" | ")} |`,
    ...rows.map((row) => `| ${names.map((name) => row[name]).join(" | ")} |`),
  ].join("\n");
}
