/** A database as large as years make it: rows for every table, made from the live schema. */
import type { Database } from "../../db/engine/database.ts";

interface Column {
  name: string;
  type: string;
  required: boolean;
}

/** Columns whose values a constraint limits to a list. */
const choices: Record<string, string> = { purpose: "recovery", channel: "webhook" };

/** Columns that may be NULL, and are not in most rows of a database that is in use. */
const usuallySet = ["receipt_id", "hash"];

/**
 * Puts `count` rows into each of `tables`, in order, so that parents stand before their children. Row n
 * refers to row n of its parent. Most columns without NOT NULL stay NULL; those with a default keep it; of
 * the others a text is `table-n` and a number is n.
 */
export async function fill(db: Database, tables: readonly string[], count: number): Promise<void> {
  for (const table of tables) {
    const [columns, keys] = await db.read([
      {
        sql: 'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)',
        args: [table],
      },
      { sql: 'SELECT "from", "table" FROM pragma_foreign_key_list(?)', args: [table] },
    ]);
    const parents = new Map(keys!.rows.map((row) => [row.from, String(row.table)]));
    const required: Column[] = columns!.rows
      .filter((row) => row.notnull === 1 || usuallySet.includes(String(row.name)))
      .filter((row) => row.dflt_value === null)
      .filter((row) => row.pk === 0 || row.type !== "INTEGER") // SQLite counts them up itself
      .map((row) => ({ name: String(row.name), type: String(row.type), required: true }));
    const valueOf = ({ name, type }: Column) => {
      if (name in choices) return `'${choices[name]}'`;
      if (type === "INTEGER" || type === "REAL") return "n";
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
