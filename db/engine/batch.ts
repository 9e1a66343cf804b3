import type { Database, InStatement, ResultSet } from "./database.ts";

/** Statements under names, in the order in which they run. A list of statements counts as one. */
type Named = Readonly<Record<string, InStatement | readonly InStatement[]>>;

/** Of a list, the result of its last statement. */
type Results<N extends Named> = { [Name in keyof N]: ResultSet };

/** Reads named statements in one snapshot and one trip. Throws as `Database.read`. */
export async function read<N extends Named>(db: Database, named: N): Promise<Results<N>> {
  return byName(named, await db.read(listOf(named)));
}

/** Writes named statements as one batch, all or nothing. Throws as `Database.write`. */
export async function write<N extends Named>(db: Database, named: N): Promise<Results<N>> {
  return byName(named, await db.write(listOf(named)));
}

function listOf(named: Named): InStatement[] {
  return Object.values(named).flat() as InStatement[];
}

function byName<N extends Named>(named: N, results: readonly ResultSet[]): Results<N> {
  let end = 0;
  const entries = Object.entries(named).map(([name, statements]) => {
    end += Array.isArray(statements) ? statements.length : 1;
    return [name, results[end - 1]];
  });
  return Object.fromEntries(entries) as Results<N>;
}
