import type { Database } from "../engine/database.ts";

/**
 * Writes an embedded database into a file without the pages of deleted rows. Deno permits the statement
 * only to a process with all permissions. Throws `unavailable`.
 */
export async function compactInto(db: Database, path: string): Promise<void> {
  await db.read([{ sql: "VACUUM INTO ?", args: [path] }]);
}
