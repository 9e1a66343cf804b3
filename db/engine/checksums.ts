/** Finds a migration that was edited after it ran: its new text never reaches this database. */
import { type Database, RefusedStatement } from "./database.ts";
import { BrokenMigration, type Migration } from "./migration.ts";
import { codeOf, statementsOf } from "./split_sql.ts";

/** A checksum by the name of its migration. */
export type Checksums = ReadonlyMap<string, string>;

/** SHA-256 in hex of what each migration does. An edited comment does not change it. */
export async function checksumsOf(migrations: readonly Migration[]): Promise<Checksums> {
  const pairs = migrations.map(async ({ name, sql }) => {
    const code = statementsOf(sql).map(codeOf).join(";\n");
    return [name, await sha256(code)] as const;
  });
  return new Map(await Promise.all(pairs));
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

/** Those that the database has noted: none in a schema that is older than the column. */
export async function readChecksums(db: Database): Promise<Checksums> {
  try {
    const [noted] = await db.read([
      "SELECT name, checksum FROM migrations WHERE checksum IS NOT NULL",
    ]);
    return new Map(noted!.rows.map(({ name, checksum }) => [String(name), String(checksum)]));
  } catch (error) {
    if (error instanceof RefusedStatement) return new Map();
    throw error;
  }
}

/** Throws `BrokenMigration` for the first that is not what ran. */
export function refuseEdited(noted: Checksums, current: Checksums): void {
  for (const [name, checksum] of current) {
    if ((noted.get(name) ?? checksum) === checksum) continue;
    const problem = "it was edited after it ran on this database; nothing has been changed. " +
      "Undo the edit, and put the change into a new migration";
    throw new BrokenMigration(name, problem);
  }
}

/** Notes the checksum of every migration that ran and has none yet. */
export async function writeChecksums(db: Database, current: Checksums): Promise<void> {
  const noted = await readChecksums(db);
  if ([...current.keys()].every((name) => noted.has(name))) return;
  await db.write([{
    sql: `
      UPDATE migrations SET checksum = (SELECT value FROM json_each(:checksums) WHERE key = name)
      WHERE checksum IS NULL AND name IN (SELECT key FROM json_each(:checksums))`,
    args: { checksums: JSON.stringify(Object.fromEntries(current)) },
  }]);
}
