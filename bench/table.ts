/** A row of a table: values by the names of their columns. */
export type Row = Record<string, string | number>;

/** A goal. It is reached if `measured` is at least `hoped`, or at most `hoped` with `atMost`. */
export interface Goal {
  goal: string;
  hoped: number;
  measured: number;
  atMost?: boolean;
  /** The same ratio by CPU time for each request, which other work on the machine disturbs less. */
  byCpu?: number;
}

/** The result of a section. */
export interface Report {
  tables: Row[][];
  goals?: Goal[];
}

/** Formats rows as a Markdown table, with numbers aligned to the right. */
export function markdownTable(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  const isNumber = (name: string) => rows.every((row) => typeof row[name] === "number");
  return [
    `| ${names.join(" | ")} |`,
    `| ${names.map((name) => isNumber(name) ? "---:" : "---").join(" | ")} |`,
    ...rows.map((row) => `| ${names.map((name) => row[name]).join(" | ")} |`),
  ].join("\n");
}

/** Makes one row for each goal, which says whether it is reached. */
export function goalRows(goals: readonly Goal[]): Row[] {
  return goals.map(({ goal, hoped, measured, atMost = false, byCpu }) => ({
    goal,
    hoped: `${atMost ? "at most" : "at least"} ${hoped}`,
    measured: Math.round(measured * 100) / 100,
    "by CPU": byCpu === undefined ? "" : Math.round(byCpu * 100) / 100,
    reached: (atMost ? measured <= hoped : measured >= hoped) ? "yes" : "no",
  }));
}
