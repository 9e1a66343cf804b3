/** The schema beside another system's members: of our own migrations only what leaving needs. */
import { exitTableNames } from "./exit_tables.ts";
import { type Migration, ownMigrations } from "./migrate.ts";
import { codeOf, statementsOf } from "./split_sql.ts";

/** The table or index that a statement makes or changes, and the table that an index or trigger is on. */
const target =
  /^(?:CREATE TABLE|ALTER TABLE|DROP TABLE|DROP INDEX|INSERT INTO|UPDATE|DELETE FROM|CREATE (?:UNIQUE )?INDEX \w+ ON|CREATE TRIGGER \w+ (?:AFTER|BEFORE) \w+ ON) (\w+)/;

/** Another system's ids need not be text, and its table has a name of its own, so there is no foreign key. */
const keyToUsers = / REFERENCES users \(id\)(?: ON DELETE CASCADE)?/g;

/** In order. Each has the statements of ours that concern these tables. */
export const exitMigrations: readonly Migration[] = exitMigrationsOf(ownMigrations);

function exitMigrationsOf(migrations: readonly Migration[]): Migration[] {
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
  })).filter(({ sql }) => sql !== "");
}
