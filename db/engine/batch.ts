import type { Database, InStatement, ResultSet } from "./database.ts";

/** Named statements, in the order in which they run. A name may have a list of statements. */
type Named = Readonly<Record<string, InStatement | readonly InStatement[]>>;

/** Results by name. A list of statements has the result of its last one. */
type Results<N extends Named> = { [Name in keyof N]: ResultSet };

/** Runs named SELECTs on one snapshot, in one round trip. Throws the errors of `Database.read`. */
export async function read<N extends Named>(db: Database, named: N): Promise<Results<N>> {
  return byName(named, await db.read(listOf(named)));
}

/** Runs named statements as one atomic batch, in one round trip. Throws the errors of `Database.write`. */
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
