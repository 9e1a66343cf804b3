/** One file of SQL. Its name is what the database remembers. */
export interface Migration {
  name: string;
  sql: string;
  /**
   * Runs without foreign keys, so that a table can be replaced that others refer to (steps 4 to 7 of
   * https://sqlite.org/lang_altertable.html#otheralter). Every foreign key of the database must hold
   * at the end, or nothing of the migration stays.
   */
  rebuild?: boolean;
}

/** What is wrong with a migration, by its name. Nothing of it stays in the database. */
export class BrokenMigration extends Error {
  override name = "BrokenMigration";

  constructor(migration: string, problem: string, cause?: unknown) {
    super(`migration "${migration}": ${problem}`, { cause });
  }
}
