import { DatabaseSync } from "node:sqlite";

/**
 * Opens the embedded file for the host, with the SQLite that Annyeong uses. A second copy of SQLite in the same
 * process, such as that of `@libsql/client`, cancels the locks of the first one, so use this instead.
 * The pragmas are Annyeong's: what is acknowledged is on the disk, and what is deleted is overwritten.
 * @param url `file:` and a path
 */
export function openShared(url: string): DatabaseSync {
  if (!url.startsWith("file:")) throw new Error("openShared: the URL must begin with file:");
  const database = new DatabaseSync(url.slice("file:".length), { timeout: 5000 });
  for (const pragma of pragmas) database.exec(`PRAGMA ${pragma}`);
  return database;
}

const pragmas = [
  "secure_delete = ON",
  "journal_mode = WAL",
  "synchronous = FULL",
  "foreign_keys = ON",
];
