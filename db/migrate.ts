import { type Database, RefusedStatement } from "./client.ts";
import members from "./migrations/0001_members.sql" with { type: "text" };
import leaving from "./migrations/0002_leaving.sql" with { type: "text" };
import operating from "./migrations/0003_operating.sql" with { type: "text" };

/** One file of SQL. Its name is what the database remembers. */
export interface Migration {
  name: string;
  sql: string;
}

/** In order. A migration that has landed is never edited; a new one is added below. */
export const ownMigrations: readonly Migration[] = [
  { name: "0001_members", sql: members },
  { name: "0002_leaving", sql: leaving },
  { name: "0003_operating", sql: operating },
];

/**
 * Brings the database to the current schema and returns the names of the migrations it ran. Each is one
 * batch that begins by recording itself, so of two runs at once one does the work and the other finds it
 * done. Throws `unavailable`.
 */
export async function migrate(
  db: Database,
  now: number,
  migrations = ownMigrations,
): Promise<string[]> {
  await db.write([
    "CREATE TABLE IF NOT EXISTS migrations (name TEXT NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT",
  ]);
  const ran: string[] = [];
  for (const { name, sql } of await pending(db, migrations)) {
    try {
      await db.write([
        { sql: "INSERT INTO migrations (name, applied_at) VALUES (?, ?)", args: [name, now] },
        ...statementsOf(sql),
      ]);
      ran.push(name);
    } catch (error) {
      const done = error instanceof RefusedStatement && error.kind === "constraint" &&
        !(await pending(db, migrations)).some((migration) => migration.name === name);
      if (!done) throw error;
    }
  }
  return ran;
}

/** Whether every migration has run. Throws `unavailable`. */
export async function isCurrent(db: Database, migrations = ownMigrations): Promise<boolean> {
  try {
    return (await pending(db, migrations)).length === 0;
  } catch (error) {
    if (error instanceof RefusedStatement) return false;
    throw error;
  }
}

async function pending(db: Database, migrations: readonly Migration[]) {
  const [applied] = await db.read(["SELECT name FROM migrations"]);
  const names = new Set(applied!.rows.map((row) => row.name));
  return migrations.filter(({ name }) => !names.has(name));
}

/** A statement ends with a semicolon at the end of a line, a trigger with one after its END. */
function statementsOf(sql: string): string[] {
  const statements: string[] = [];
  let lines = "";
  for (const line of sql.split(/\r?\n/)) {
    const code = line.replace(/--.*/, "").trim();
    if (code === "" && lines === "") continue;
    lines += `${line}\n`;
    const isTrigger = /^CREATE\s+(TEMP\s+|TEMPORARY\s+)?TRIGGER\b/i.test(lines.trimStart());
    if (!(isTrigger ? /\bEND;$/i : /;$/).test(code)) continue;
    statements.push(lines.trim().replace(/;[^;]*$/, ""));
    lines = "";
  }
  return lines.trim() ? [...statements, lines] : statements;
}
