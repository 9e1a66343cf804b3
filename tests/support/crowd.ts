/** A database as large as years make it: rows for every table, made from the live schema. */
import type { Database } from "../../db/engine/database.ts";

interface Column {
  name: string;
  type: string;
  required: boolean;
}

/**
 * Puts `count` rows into each of `tables`, in order, so that parents stand before their children. Row n
 * refers to row n of its parent. Columns without NOT NULL stay NULL; those with a default keep it; of
 * the others a text or a blob is `table-n`, or the first that a CHECK permits, and a number is n.
 */
export async function fill(db: Database, tables: readonly string[], count: number): Promise<void> {
  for (const table of tables) {
    const [columns, keys, schema] = await db.read([
      { sql: 'SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)', args: [table] },
      { sql: 'SELECT "from", "table" FROM pragma_foreign_key_list(?)', args: [table] },
      { sql: "SELECT sql FROM sqlite_schema WHERE name = ?", args: [table] },
    ]);
    const sql = String(schema!.rows[0]!.sql);
    const choiceOf = (name: string) =>
      new RegExp(`CHECK \\(${name} IN \\(('[^']*')`).exec(sql)?.[1];
    const counts = (name: unknown) => new RegExp(`${name} +INTEGER[^,]*AUTOINCREMENT`).test(sql);
    const parents = new Map(keys!.rows.map((row) => [row.from, String(row.table)]));
    const required: Column[] = columns!.rows
      .filter((row) => row.notnull === 1 && row.dflt_value === null && !counts(row.name))
      .map((row) => ({ name: String(row.name), type: String(row.type), required: true }));
    const valueOf = ({ name, type }: Column) => {
      if (type === "INTEGER" || type === "REAL") return "n";
      const choice = choiceOf(name);
      if (choice) return choice;
      const text = `'${parents.get(name) ?? table}-' || n`;
      return type === "BLOB" ? `CAST(${text} AS BLOB)` : text;
    };
    const names = required.map(({ name }) => `"${name}"`).join(", ");
    await db.write([`
      WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
      INSERT OR IGNORE INTO "${table}" (${names}) SELECT ${
      required.map(valueOf).join(", ")
    } FROM numbers`]);
  }
}
