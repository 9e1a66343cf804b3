/** Imports the members of an existing table: reads them, stages them, and swaps them in with one batch. */
import type { ImportedMember, SourceRow } from "../../domain/import.ts";
import { type Database, type InStatement, RefusedStatement, type Row } from "../engine/database.ts";
import { batchOf, createMigrations, migrate } from "../engine/migrate.ts";
import { ownMigrations } from "../engine/own_migrations.ts";
import type { Preflight } from "./preflight.ts";
import type { Source } from "./source.ts";
import { instantIn, quote } from "../map/sql.ts";

const pageRows = 500;

/** Returns whether `users` is Annyeong's and in use, so that nothing is left to import. */
export async function isImported(db: Database): Promise<boolean> {
  const [columns] = await db.read(["SELECT name FROM pragma_table_info('users')"]);
  if (!columns!.rows.some(({ name }) => name === "name_key")) return false;
  const [used] = await db.read([
    "SELECT EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM erasures) AS used",
  ]);
  return used!.rows[0]!.used === 1;
}

/**
 * Reads a page of the source, in the order of ids.
 * @param after the `next` of the page before; `null` for the first page
 * @returns the rows, and `next`, which is `null` after the last page
 */
export async function readPage(
  db: Database,
  source: Source,
  { columns }: Preflight,
  after: { key: string; type: string } | null,
) {
  const key = after?.type === "integer" ? "CAST(:after AS INTEGER)" : ":after";
  const has = (column: string) => columns.includes(column);
  const [result] = await db.read([{
    sql: `
      SELECT CAST(id AS TEXT) AS row_id, typeof(id) AS id_type, CAST(name AS TEXT) AS row_name,
        CAST(email AS TEXT) AS row_email, CAST(password AS TEXT) AS row_password,
        ${has("rank") ? "CAST(rank AS TEXT)" : "NULL"} AS row_rank,
        ${has("joined_at") ? instant : "NULL"} AS joined_ms,
        ${has("joined_at") ? "joined_at IS NOT NULL" : "0"} AS has_joined
      FROM ${source.from} ${after ? `WHERE id > ${key}` : ""} ORDER BY id LIMIT ${pageRows}`,
    args: after ? { after: after.key } : {},
  }]);
  const last = result!.rows.at(-1);
  return {
    rows: result!.rows.map(toSourceRow),
    next: last ? { key: String(last.row_id), type: String(last.id_type) } : null,
  };
}

const instant = `CAST(round(${instantIn("joined_at")}) AS INTEGER)`;

function toSourceRow(row: Row): SourceRow {
  const text = (value: unknown) => value === null ? null : String(value);
  const joined = row.joined_ms === null ? NaN : Number(row.joined_ms);
  return {
    id: String(row.row_id),
    name: text(row.row_name),
    email: text(row.row_email),
    password: text(row.row_password),
    rank: text(row.row_rank),
    joinedAt: row.has_joined === 1 ? joined : null,
  };
}

/** Makes an empty staging table. Drops the one that an interrupted run left behind. */
export async function openStage(db: Database): Promise<void> {
  await db.write([
    "DROP TABLE IF EXISTS imported_users",
    `CREATE TABLE imported_users (
       id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE,
       email TEXT NOT NULL, email_key TEXT NOT NULL UNIQUE, password_hash TEXT,
       rank TEXT NOT NULL, joined_at INTEGER NOT NULL) STRICT`,
  ]);
}

/** Drops the staging table after a run that changed nothing. */
export async function dropStage(db: Database): Promise<void> {
  await db.write(["DROP TABLE IF EXISTS imported_users"]);
}

/** A member with a hash as Annyeong stores it; `null` without a password. */
export type StagedMember = Omit<ImportedMember, "password"> & { passwordHash: string | null };

/** Adds members to the staging table. The batch may arrive twice. */
export async function stage(
  db: Database,
  members: readonly StagedMember[],
): Promise<void> {
  await db.write([{
    sql: `
      INSERT INTO imported_users
        (id, name, name_key, email, email_key, password_hash, rank, joined_at)
      SELECT value ->> 'id', value ->> 'name', value ->> 'nameKey', value ->> 'email',
        value ->> 'emailKey', value ->> 'passwordHash', value ->> 'rank', value ->> 'joinedAt'
      FROM json_each(?) WHERE true
      ON CONFLICT (id) DO NOTHING`,
    args: [JSON.stringify(members)],
  }]);
}

/**
 * Replaces the old table by a new `users` with the staged members, and migrates the schema, in one batch.
 * @param now ms
 * @returns false if the rows of the source are no longer those that were staged; nothing has changed then
 * @throws `unavailable`, `RefusedStatement`
 */
export async function swap(
  db: Database,
  source: Source,
  preflight: Preflight,
  now: number,
): Promise<boolean> {
  try {
    const { present, users } = await ownSchema(db);
    if (present.size > 0) await migrate(db, now);
    await db.rebuild(swapStatements(source, preflight, users, now));
    return true;
  } catch (error) {
    if (!(error instanceof RefusedStatement)) throw error;
    if (await isImported(db)) return true; // the batch arrived twice, or another run was first
    if (error.kind === "constraint") return false;
    throw error;
  }
}

/** Returns which migrations have run, and the CREATE statement of our `users`; `null` if it does not exist. */
async function ownSchema(db: Database): Promise<{ present: Set<string>; users: string | null }> {
  const [columns] = await db.read(["SELECT name FROM pragma_table_info('migrations')"]);
  if (columns!.rows.length === 0) return { present: new Set(), users: null };
  const [applied, users] = await db.read([
    "SELECT name FROM migrations",
    "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'users'",
  ]);
  const present = new Set(applied!.rows.map((row) => String(row.name)));
  const isOurs = present.has(ownMigrations[0]!.name);
  return { present, users: isOurs ? String(users!.rows[0]!.sql) : null };
}

/**
 * Makes the batch of the swap. Views and foreign keys of other tables name the old table, so it is renamed
 * to `users` before it is dropped: they follow the rename, and then refer to the new table of that name.
 * @param users the CREATE statement of our `users`, if our schema exists already
 */
function swapStatements(
  source: Source,
  { extras, replaced }: Preflight,
  users: string | null,
  now: number,
): InStatement[] {
  const [first, ...later] = ownMigrations;
  const names = extras.map(quote).join(", ");
  const renamed = replaced && replaced.name.toLowerCase() !== "users" ? [replaced.name] : [];
  const ownColumns = "id, name, name_key, email, email_key, rank, joined_at";
  return [
    createMigrations,
    // Violates NOT NULL, which undoes the batch, if the rows are no longer those that were staged.
    `INSERT INTO imported_users (id) SELECT NULL WHERE
       (SELECT count(*) FROM ${source.from}) <> (SELECT count(*) FROM imported_users)
       OR EXISTS (SELECT CAST(id AS TEXT) FROM ${source.from}
                  EXCEPT SELECT id FROM imported_users)
       ${users ? "OR EXISTS (SELECT 1 FROM users)" : ""}`,
    `CREATE TABLE imported_columns AS
       SELECT CAST(id AS TEXT) AS imported_id${names && `, ${names}`} FROM ${source.from}`,
    ...(users ? ["DROP TABLE users"] : []),
    ...renamed.map((name) => `ALTER TABLE ${quote(name)} RENAME TO users`),
    ...(replaced ? ["DROP TABLE users"] : []),
    ...(users ? [users] : batchOf(first!, now)),
    ...extras.map((column) => `ALTER TABLE users ADD COLUMN ${quote(column)} ANY`),
    ...(users ? [] : later.flatMap((migration) => batchOf(migration, now))),
    `INSERT INTO users (${ownColumns}${names && `, ${names}`})
     SELECT ${ownColumns}${names && `, ${names}`}
     FROM imported_users JOIN imported_columns ON imported_columns.imported_id = imported_users.id`,
    `INSERT INTO passwords (user_id, hash, changed_at)
     SELECT id, password_hash, joined_at FROM imported_users WHERE password_hash IS NOT NULL`,
    "DROP TABLE imported_columns",
    "DROP TABLE imported_users",
  ];
}
