/** One file of SQL. Its name is what the database remembers. */
export interface Migration {
  name: string;
  sql: string;
}

/** What is wrong with a migration, by its name. Nothing of it stays in the database. */
export class BrokenMigration extends Error {
  override name = "BrokenMigration";

  constructor(migration: string, problem: string, cause?: unknown) {
    super(`migration "${migration}": ${problem}`, { cause });
  }
}
