import type { InValue } from "./database.ts";

/**
 * What a guarded statement rests on: `INSERT … SELECT … FROM {from} WHERE {where}`. The database checks
 * it at the moment of acting. `users` is among the rows; the condition may also use `:now`.
 */
export interface Source {
  from: string;
  where: string;
  /** Values of the names in `from` and `where`, besides `:now`. */
  values: Readonly<Record<string, InValue>>;
}
