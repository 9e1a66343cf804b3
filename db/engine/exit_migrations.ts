/** The schema beside another system's members: of our own migrations only what leaving needs. */
import { exitTableNames } from "./exit_tables.ts";
import type { Migration } from "./migration.ts";
import { type OwnMigration, ownMigrations } from "./own_migrations.ts";
import { codeOf, statementsOf } from "./split_sql.ts";

/** The table or index that a statement makes or changes, and the table that an index or trigger is on. */
const target =
  /^(?:CREATE TABLE|ALTER TABLE|DROP TABLE|DROP INDEX|INSERT INTO|UPDATE|DELETE FROM|CREATE (?:UNIQUE )?INDEX \w+ ON|CREATE TRIGGER \w+ (?:AFTER|BEFORE) \w+ ON) (\w+)/;

/** Another system's ids need not be text, and its table has a name of its own, so there is no foreign key. */
const keyToUsers = / REFERENCES users \(id\)(?: ON DELETE CASCADE)?/g;

/** Those that concern the tables of leaving. They are listed because a Worker has no SQL to find them in. */
const names: ReadonlySet<string> = new Set<OwnMigration>([
  ...["0001_members", "0002_leaving", "0003_operating", "0004_proofs", "0006_ledger"] as const,
  ...["0007_clock", "0008_seeing", "0009_mail", "0012_mails_by_member"] as const,
]);

/** In order. Each has the statements of ours that concern the tables of leaving. */
export const exitMigrations: readonly Migration[] = exitMigrationsOf(ownMigrations)
  .filter(({ name }) => names.has(name.replace("exit_", "")));

/** Returns every migration, also those that are left without a statement. */
export function exitMigrationsOf(migrations: readonly Migration[]): Migration[] {
  const indexes = new Set<string>();
  const concerns = (statement: string): boolean => {
    const code = codeOf(statement);
    const name = target.exec(code)?.[1] ?? "";
    if (code.startsWith("DROP INDEX")) return indexes.has(name);
    const [, index] = /^CREATE (?:UNIQUE )?INDEX (\w+)/.exec(code) ?? [];
    if (index && exitTableNames.has(name)) indexes.add(index);
    return exitTableNames.has(name);
  };
  return migrations.map(({ name, sql, ...rest }) => ({
    ...rest,
    name: `exit_${name}`,
    sql: statementsOf(sql).filter(concerns).map((statement) => `${statement};\n`).join("")
      .replaceAll(keyToUsers, ""),
  }));
}
