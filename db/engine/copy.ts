/** Copies of an embedded database, by SQLite's online backup. */
import { backup, DatabaseSync } from "node:sqlite";

/** So many pages in one step: a copy that is made in several starts again after each write. */
const allPages = 2 ** 31 - 1;

/**
 * Writes one snapshot of the database in `file` into the file `copy`, while others read and write. Pages
 * of deleted rows are copied as well; `secure_delete` has overwritten them. Throws what SQLite says.
 */
export async function copyFile(file: string, copy: string): Promise<void> {
  const db = new DatabaseSync(file);
  try {
    await backup(db, copy, { rate: allPages });
  } finally {
    db.close();
  }
}

/** What is wrong with a copy; nothing where it is whole. It leaves no write-ahead log beside it. */
export function damageOf(copy: string): string[] {
  const db = new DatabaseSync(copy);
  try {
    db.exec("PRAGMA journal_mode = DELETE");
    const lines = db.prepare("PRAGMA integrity_check(10)").all();
    return lines.map((line) => String(line.integrity_check)).filter((line) => line !== "ok");
  } finally {
    db.close();
  }
}
