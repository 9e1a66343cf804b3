/** What the schema should be, from the migrations themselves. Only for commands: a Worker has no driver for files. */
import { type Database, openDatabase } from "./database.ts";
import { migrate } from "./migrate.ts";
import type { Migration } from "./migration.ts";

/**
 * Sentences for every column that the migrations make and the database does not have, because somebody
 * dropped it or restored another schema. Runs the migrations on an empty database in memory.
 */
export async function missingColumns(
  db: Database,
  migrations: readonly Migration[],
): Promise<string[]> {
  const memory = await openDatabase({
    url: "file::memory:",
    authToken: undefined,
    timeoutMs: 60_000,
  });
  try {
    await migrate(memory, 0, migrations);
    const live = await columns(db);
    return [...(await columns(memory)).difference(live)].map((column) =>
      `column ${column} is missing, although the migration that makes it has run: restore it, or a backup`
    );
  } finally {
    memory.close();
  }
}

async function columns(db: Database): Promise<Set<string>> {
  const [found] = await db.read([`
    SELECT every.name AS table_name, info.name AS column_name
    FROM pragma_table_list AS every JOIN pragma_table_info(every.name) AS info
    WHERE every.schema = 'main' AND every.type = 'table' AND every.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`]);
  return new Set(
    found!.rows.map((row) => `"${row.table_name}"."${row.column_name}"`),
  );
}
