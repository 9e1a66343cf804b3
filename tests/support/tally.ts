/**
 * Counts what a run tried, for `deno task reliability`: one line each into the file that `TALLY` names, a
 * cell of a table. Without `TALLY` it does nothing.
 */
const path = Deno.env.get("TALLY");

export function tally(table: string, row: string, column: string, count = 1): void {
  if (!path) return;
  Deno.writeTextFileSync(path, JSON.stringify([table, row, column, count]) + "\n", {
    append: true,
  });
}
