import type { InStatement, InValue } from "./database.ts";

/** A piece of SQL, such as a condition or a member's id, and the values of its parameters. */
export interface Fragment {
  sql: string;
  values: Readonly<Record<string, InValue>>;
}

/**
 * The rows and the condition of a guarded statement: `INSERT … SELECT … FROM {from} WHERE {where}`.
 * The database checks the condition when it runs the statement. `from` contains `users`.
 */
export interface Source {
  from: string;
  /** May use `:now`. */
  where: string;
  /** The values of the parameters in `from` and `where`, except `:now`. */
  values: Readonly<Record<string, InValue>>;
  /** Statements that run before, in the same batch: they use up what works only once. */
  first?: readonly InStatement[];
}
