export type Row = Record<string, string | number>;

/** Something to reach; `hoped` is the least that will do, or with `atMost` the most. */
export interface Goal {
  goal: string;
  hoped: number;
  measured: number;
  atMost?: boolean;
}

/** What a section found. */
export interface Report {
  tables: Row[][];
  goals?: Goal[];
}

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

export function goalRows(goals: readonly Goal[]): Row[] {
  return goals.map(({ goal, hoped, measured, atMost = false }) => ({
    goal,
    hoped: `${atMost ? "at most" : "at least"} ${hoped}`,
    measured: Math.round(measured * 100) / 100,
    reached: (atMost ? measured <= hoped : measured >= hoped) ? "yes" : "no",
  }));
}
