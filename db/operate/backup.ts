import type { Database } from "../engine/database.ts";

/**
 * Writes one snapshot of an embedded database into an empty file, without the pages of deleted rows,
 * while others read and write. A single read goes outside a transaction, as VACUUM needs.
 * Throws `unavailable`.
 */
export async function copyInto(db: Database, path: string): Promise<void> {
  await db.read([{ sql: "VACUUM INTO ?", args: [path] }]);
}

/**
 * What is wrong with a copy; nothing where it is whole. It is attached, because a connection of its own
 * would leave a write-ahead log beside it.
 */
export async function damageOf(db: Database, path: string): Promise<string[]> {
  await db.read([{ sql: "ATTACH ? AS copy", args: [path] }]);
  const [found] = await db.read([
    "PRAGMA copy.integrity_check(10)",
  ]);
  await db.read(["DETACH copy"]);
  const lines = found!.rows.map((row) => String(row.integrity_check));
  return lines.filter((line) => line !== "ok");
}
