import type { InStatement } from "@libsql/client";
import { AppError } from "../../domain/error.ts";
import { type Database, RefusedStatement } from "./database.ts";
import { statementsOf } from "./split_sql.ts";
import members from "../migrations/0001_members.sql" with { type: "text" };
import leaving from "../migrations/0002_leaving.sql" with { type: "text" };
import operating from "../migrations/0003_operating.sql" with { type: "text" };
import seeing from "../migrations/0008_seeing.sql" with { type: "text" };

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
  { name: "0008_seeing", sql: seeing },
];

/** A table has the name of one of ours, and is not ours. */
export class ForeignTable extends Error {
  override name = "ForeignTable";

  constructor(table: string) {
    super(
      `table "${table}" is not Annyeong's, and nothing has been changed; "deno task import" takes over ` +
        "members who are there already: docs/existing-members.md",
    );
  }
}

/** What is wrong with a migration, by its name. Nothing of it stays. */
export class BrokenMigration extends Error {
  override name = "BrokenMigration";

  constructor(migration: string, problem: string, cause?: unknown) {
    super(`migration "${migration}": ${problem}`, { cause });
  }
}

/** SQL: the tables that other services commonly have under our names, by a column that only ours has. */
export const selectForeign = `
  SELECT name FROM sqlite_schema JOIN (
    SELECT 'users' AS own, 'name_key' AS mark UNION ALL SELECT 'sessions', 'secret_hash'
    UNION ALL SELECT 'migrations', 'applied_at')
  ON lower(name) = own AND type IN ('table', 'view')
  WHERE mark NOT IN (SELECT info.name FROM pragma_table_info(sqlite_schema.name) AS info)
  ORDER BY own DESC`;

export const createMigrations =
  "CREATE TABLE IF NOT EXISTS migrations (name TEXT NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT";

/** Statements that would end the transaction which a migration is, or that no transaction takes. */
const misplaced =
  /^(BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|ATTACH|DETACH|VACUUM)(?![\w$\u0080-\uffff])/i;

/** A migration as one batch, which begins by recording itself. Throws `BrokenMigration`. */
export function batchOf({ name, sql }: Migration, now: number): InStatement[] {
  const statements = statementsOf(sql);
  const word = statements.map((statement) => misplaced.exec(statement)?.[0]).find(Boolean);
  if (word) {
    const problem = `${word.toUpperCase()} has no place here: each migration is one transaction`;
    throw new BrokenMigration(name, problem);
  }
  // what comes after it SQLite would not read
  if (sql.includes("\0")) throw new BrokenMigration(name, "it holds a character U+0000");
  return [
    { sql: "INSERT INTO migrations (name, applied_at) VALUES (?, ?)", args: [name, now] },
    ...statements,
  ];
}

/**
 * Brings the database to the current schema and returns the names of the migrations it ran. Each is one
 * batch that begins by recording itself, so of two runs at once one does the work and the other finds it
 * done. Throws `unavailable`, `BrokenMigration`, and `ForeignTable` before it has changed anything.
 */
export async function migrate(
  db: Database,
  now: number,
  migrations = ownMigrations,
): Promise<string[]> {
  const [foreign] = await db.read([selectForeign]);
  if (foreign!.rows[0]) throw new ForeignTable(String(foreign!.rows[0].name));
  await db.write([createMigrations]);
  const ran: string[] = [];
  for (const migration of await pending(db, migrations)) {
    const { name } = migration;
    try {
      await db.write(batchOf(migration, now));
      ran.push(name);
    } catch (error) {
      const done = error instanceof RefusedStatement && error.kind === "constraint" &&
        !(await pending(db, migrations)).some((migration) => migration.name === name);
      if (!done) throw toldBy(name, error);
    }
  }
  return ran;
}

/** What the database said of a statement, in one line and without its code; a lost database stays one. */
function toldBy(migration: string, error: unknown): unknown {
  const { message, code } = ((error as Error).cause ?? {}) as { message?: string; code?: string };
  const refused = error instanceof RefusedStatement || // sqld knows no code for much of it
    (error instanceof AppError && /^SQLITE_(UNKNOWN|MISMATCH|TOOBIG)/.test(code ?? ""));
  if (!refused || !message) return error;
  const [line = ""] = message.replace(/^([A-Z_]+: )+/, "").split("\n");
  const words = line.replace(/^SQL(ite| input) error: /, "").slice(0, 200); // it may quote all the rest
  return new BrokenMigration(migration, words, error);
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
