import { AppError } from "../../domain/error.ts";
import { type Database, type InStatement, RefusedStatement, type Row, saidBy } from "./database.ts";
import { checksumsOf, readChecksums, refuseEdited, writeChecksums } from "./checksums.ts";
import { BrokenMigration, type Migration } from "./migration.ts";
import { ownMigrations } from "./own_migrations.ts";
import { statementsOf } from "./split_sql.ts";

export { BrokenMigration, type Migration };

/** A table has the name of one of ours, and is not ours. */
export class ForeignTable extends Error {
  override name = "ForeignTable";

  constructor(table: string, column: string, isOwn: boolean) {
    const advice = isOwn
      ? '"deno task import" takes over the members of an existing table: docs/existing-members.md'
      : "Give yours another name: the exit needs a table of this name";
    super(
      `table "${table}" is not Annyeong's: it has no column "${column}". Nothing has been changed. ${advice}`,
    );
  }
}

/** Tables that other systems may have under our names, by a column that only ours has. */
const marks = {
  own: { users: "name_key", sessions: "secret_hash", migrations: "applied_at" },
  beside: {
    withdrawals: "erase_at",
    retained: "expires_at",
    reasons: "day",
    outbox: "retry_until",
    migrations: "applied_at",
    clock: "seen_at",
    audit: "acted_at",
    attempts: "tried_at",
  },
};

/** Whether migrations make `users`, and not only what leaving needs. */
function makesUsers(migrations: readonly Migration[]): boolean {
  return migrations.some(({ name }) => name === ownMigrations[0]!.name);
}

/** Makes a SELECT of tables and views that have one of our names and are not ours. */
export function selectForeign(migrations = ownMigrations): InStatement {
  return {
    sql: `
  SELECT name, value AS mark FROM sqlite_schema JOIN json_each(?) AS own
  ON lower(name) = own.key AND sqlite_schema.type IN ('table', 'view')
  WHERE value NOT IN (SELECT info.name FROM pragma_table_info(sqlite_schema.name) AS info)
  ORDER BY own.key DESC`,
    args: [JSON.stringify(makesUsers(migrations) ? marks.own : marks.beside)],
  };
}

export const createMigrations =
  "CREATE TABLE IF NOT EXISTS migrations (name TEXT NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT";

/** Statements that would end the transaction which a migration is, or that no transaction takes. */
const misplaced =
  /^(BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|ATTACH|DETACH|VACUUM)(?![\w$\u0080-\uffff])/i;

/** Breaks NOT NULL while a row refers to one that is not there. */
const keysHold = `
  INSERT INTO migrations (name, applied_at) SELECT NULL, 0 FROM pragma_foreign_key_check LIMIT 1`;

/** A migration as one batch, which begins by recording itself. Throws `BrokenMigration`. */
export function batchOf({ name, sql, rebuild }: Migration, now: number): InStatement[] {
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
    ...(rebuild ? [keysHold] : []),
  ];
}

/**
 * Brings the database to the current schema and returns the names of the migrations it ran. Each is one
 * batch that begins by recording itself, so that of two runs at once one does the work and the other
 * finds it done. Throws `unavailable`, `BrokenMigration` (also for one that was edited after it ran), and
 * `ForeignTable` before it has changed anything.
 */
export async function migrate(
  db: Database,
  now: number,
  migrations = ownMigrations,
): Promise<string[]> {
  const [foreign] = await db.read([selectForeign(migrations)]);
  const [table] = foreign!.rows;
  if (table) throw new ForeignTable(String(table.name), String(table.mark), makesUsers(migrations));
  await db.write([createMigrations]);
  const checksums = await checksumsOf(migrations);
  refuseEdited(await readChecksums(db), checksums);
  const ran: string[] = [];
  for (const migration of (await readState(db, migrations)).pending) {
    const { name } = migration;
    const batch = batchOf(migration, now);
    try {
      await (migration.rebuild ? db.rebuild(batch) : db.write(batch));
      ran.push(name);
    } catch (error) {
      const done = error instanceof RefusedStatement && error.kind === "constraint" &&
        !(await readState(db, migrations)).pending.some((one) => one.name === name);
      if (!done) throw toldBy(name, error, batch.length);
    }
  }
  await writeChecksums(db, checksums);
  return ran;
}

/** The migrations that a database has, beside those that this version knows. */
export interface SchemaState {
  /** Those that have not run yet, in order. */
  pending: readonly Migration[];
  /** Names of those that ran and that this version does not know: a newer version wrote them. */
  unknown: readonly string[];
}

/** What `toState` reads. */
export const selectApplied = "SELECT name FROM migrations ORDER BY name";

/** The state from the rows of `selectApplied`. */
export function toState(rows: readonly Row[], migrations: readonly Migration[]): SchemaState {
  const applied = new Set(rows.map(({ name }) => String(name)));
  const known = new Set(migrations.map(({ name }) => name));
  return {
    pending: migrations.filter(({ name }) => !applied.has(name)),
    unknown: [...applied.difference(known)],
  };
}

/** Throws `unavailable`. A database without a table of migrations has all of them pending. */
export async function readState(
  db: Database,
  migrations = ownMigrations,
): Promise<SchemaState> {
  try {
    const [applied] = await db.read([selectApplied]);
    return toState(applied!.rows, migrations);
  } catch (error) {
    if (!(error instanceof RefusedStatement)) throw error;
    return { pending: migrations, unknown: [] };
  }
}

/** Whether every migration has run. Throws `unavailable`. */
export async function isCurrent(db: Database, migrations = ownMigrations): Promise<boolean> {
  return (await readState(db, migrations)).pending.length === 0;
}

/** The error of a statement as one of its migration; a lost database stays what it is. */
function toldBy(migration: string, error: unknown, length: number): unknown {
  const { message, code } = ((error as Error).cause ?? {}) as { message?: string; code?: string };
  const refused = error instanceof RefusedStatement || // sqld knows no code for much of it
    (error instanceof AppError && /^SQLITE_(UNKNOWN|MISMATCH|TOOBIG)/.test(code ?? ""));
  if (!refused || !message) return error;
  const said = saidBy(error.cause);
  const leadsNowhere = error instanceof RefusedStatement && error.index === length - 1 &&
    said === "NOT NULL constraint failed: migrations.name";
  const problem = leadsNowhere
    ? "a foreign key would refer to a row that is not there: PRAGMA foreign_key_check names it"
    : said;
  return new BrokenMigration(migration, problem, error);
}
