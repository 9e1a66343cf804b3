/** Members of a table that was there before Annyeong: read, staged, and swapped in by one batch. */
import type { InStatement, Row } from "@libsql/client";
import type { Adopted, OldRow } from "../../domain/import.ts";
import { type Database, RefusedStatement } from "../engine/database.ts";
import { batchOf, createMigrations, migrate, ownMigrations } from "../engine/migrate.ts";
import type { Outlook, Source } from "./preflight.ts";
import { instantIn, quote } from "../map/sql.ts";

const pageRows = 500;

/** Whether our `users` is there and in use: then there is nothing left to adopt. */
export async function isAdopted(db: Database): Promise<boolean> {
  const [columns] = await db.read(["SELECT name FROM pragma_table_info('users')"]);
  if (!columns!.rows.some(({ name }) => name === "name_key")) return false;
  const [used] = await db.read([
    "SELECT EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM erasures) AS used",
  ]);
  return used!.rows[0]!.used === 1;
}

/** A page of the source, in the order of ids; `after` is the last row of the page before. */
export async function readPage(
  db: Database,
  source: Source,
  { columns }: Outlook,
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
    rows: result!.rows.map(toOldRow),
    next: last ? { key: String(last.row_id), type: String(last.id_type) } : null,
  };
}

const instant = `CAST(round(${instantIn("joined_at")}) AS INTEGER)`;

function toOldRow(row: Row): OldRow {
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

/** Makes the staging table anew: a run that was cut off leaves one behind, and begins again. */
export async function openStage(db: Database): Promise<void> {
  await db.write([
    "DROP TABLE IF EXISTS adopted_users",
    `CREATE TABLE adopted_users (
       id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE,
       email TEXT NOT NULL, email_key TEXT NOT NULL UNIQUE, password_hash TEXT,
       rank TEXT NOT NULL, joined_at INTEGER NOT NULL) STRICT`,
  ]);
}

/** After a run that came to nothing. */
export async function dropStage(db: Database): Promise<void> {
  await db.write(["DROP TABLE IF EXISTS adopted_users"]);
}

export async function stage(
  db: Database,
  members: readonly (Omit<Adopted, "password"> & { passwordHash: string | null })[],
): Promise<void> {
  await db.write([{
    sql: `
      INSERT INTO adopted_users
        (id, name, name_key, email, email_key, password_hash, rank, joined_at)
      SELECT value ->> 'id', value ->> 'name', value ->> 'nameKey', value ->> 'email',
        value ->> 'emailKey', value ->> 'passwordHash', value ->> 'rank', value ->> 'joinedAt'
      FROM json_each(?) WHERE true
      ON CONFLICT (id) DO NOTHING`,
    args: [JSON.stringify(members)],
  }]);
}

/**
 * Puts the staged members into a `users` of ours, in the place of the old one, and leaves the schema
 * current: one batch. False: the rows are no longer those that were staged, and nothing has changed.
 */
export async function swap(
  db: Database,
  source: Source,
  outlook: Outlook,
  now: number,
): Promise<boolean> {
  try {
    const { present, users } = await ownSchema(db);
    if (present.size > 0) await migrate(db, now);
    await db.rebuild(swapStatements(source, outlook, users, now));
    return true;
  } catch (error) {
    if (!(error instanceof RefusedStatement)) throw error;
    if (await isAdopted(db)) return true; // it had arrived already, or another run was first
    if (error.kind === "constraint") return false;
    throw error;
  }
}

/** Which of our migrations have run, and the statement that makes our `users`; `null`: it is not there. */
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
 * Views and foreign keys of other tables name the old table. A rename carries them along to `users`;
 * after the drop the new table has that name, so they are about it.
 * @param users the statement that makes our `users`, where our schema is there already
 */
function swapStatements(
  source: Source,
  { extras, replaced }: Outlook,
  users: string | null,
  now: number,
): InStatement[] {
  const [first, ...later] = ownMigrations;
  const names = extras.map(quote).join(", ");
  const renamed = replaced && replaced.name.toLowerCase() !== "users" ? [replaced.name] : [];
  const ownColumns = "id, name, name_key, email, email_key, rank, joined_at";
  return [
    createMigrations,
    // A row that breaks NOT NULL, where what was staged is no longer what is there.
    `INSERT INTO adopted_users (id) SELECT NULL WHERE
       (SELECT count(*) FROM ${source.from}) <> (SELECT count(*) FROM adopted_users)
       OR EXISTS (SELECT CAST(id AS TEXT) FROM ${source.from}
                  EXCEPT SELECT id FROM adopted_users)
       ${users ? "OR EXISTS (SELECT 1 FROM users)" : ""}`,
    `CREATE TABLE adopted_columns AS
       SELECT CAST(id AS TEXT) AS adopted_id${names && `, ${names}`} FROM ${source.from}`,
    ...(users ? ["DROP TABLE users"] : []),
    ...renamed.map((name) => `ALTER TABLE ${quote(name)} RENAME TO users`),
    ...(replaced ? ["DROP TABLE users"] : []),
    ...(users ? [users] : batchOf(first!, now)),
    ...extras.map((column) => `ALTER TABLE users ADD COLUMN ${quote(column)} ANY`),
    ...(users ? [] : later.flatMap((migration) => batchOf(migration, now))),
    `INSERT INTO users (${ownColumns}${names && `, ${names}`})
     SELECT ${ownColumns}${names && `, ${names}`}
     FROM adopted_users JOIN adopted_columns ON adopted_columns.adopted_id = adopted_users.id`,
    `INSERT INTO passwords (user_id, hash, changed_at)
     SELECT id, password_hash, joined_at FROM adopted_users WHERE password_hash IS NOT NULL`,
    "DROP TABLE adopted_columns",
    "DROP TABLE adopted_users",
  ];
}
