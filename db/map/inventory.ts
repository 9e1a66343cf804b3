import { type DataMap, expressionsOf, tablesOf } from "../../domain/data_map.ts";
import { AppError } from "../../domain/error.ts";
import { type Database, RefusedStatement } from "../engine/database.ts";
import { findUnsafe, readVirtual } from "./full_text.ts";
import { findMemberIds } from "./member_ids.ts";
import { columnsExist, type Places, placesOf, type Seen } from "./sql.ts";
import { compareSchema, type Disagreement, type LiveSchema, readSchema } from "./schema.ts";

/**
 * The map, as far as its tables exist. What it remembers of the schema only shapes the statements: the
 * claim of each erasure looks at the live schema itself, so a stale memory refuses and never forgets.
 */
export interface Inventory {
  places(): Places;
  /** Looks at the live schema; `places()` is another value after it if the schema has changed. */
  refresh(): Promise<Disagreement>;
  /** The same, and warns of columns that hold ids of members unnoticed. For operators. */
  inspect(): Promise<Disagreement>;
}

export function createInventory(db: Database, map: DataMap): Inventory {
  let seen: Seen = { absent: [], virtual: [] }; // at first every table of the map is expected
  let places = placesOf(map, seen);

  async function look() {
    const [schema, virtual] = await Promise.all([readSchema(db), readVirtual(db, map)]);
    const now = { absent: [...tablesOf(map)].filter((table) => !schema.has(table)), virtual };
    if (JSON.stringify(now) !== JSON.stringify(seen)) {
      seen = now;
      places = placesOf(map, seen);
    }
    const { problems, warnings } = compareSchema(map, schema);
    problems.push(...await findUnsafe(db, virtual), ...await findMisfits(db, map, schema));
    return { schema, problems, warnings };
  }

  return {
    places: () => places,
    async refresh() {
      const { problems, warnings } = await look();
      return { problems, warnings };
    },
    async inspect() {
      const { schema, problems, warnings } = await look();
      return { problems, warnings: [...warnings, ...await findMemberIds(db, map, schema)] };
    },
  };
}

/** Sentences about SQL of the map that the database refuses: a `where` that names no column. */
async function findMisfits(db: Database, map: DataMap, schema: LiveSchema): Promise<string[]> {
  const problems: string[] = [];
  for (const entry of map.entries) {
    if (expressionsOf(entry).length === 0 || !schema.has(entry.table)) continue;
    try {
      await db.read([`SELECT ${columnsExist(entry)}`]);
    } catch (error) {
      if (!(error instanceof RefusedStatement)) throw error;
      problems.push(`the SQL of the data map does not fit "${entry.table}": ${error.said}`);
    }
  }
  return problems;
}

/**
 * Runs `attempt` with the places as they were last seen. When its statements do not fit the live schema,
 * or it reports that the places do not cover it, looks again and runs it once more.
 *
 * @param complete whether it may go on with places that do not cover all: reading may, leaving may not
 * Throws `unavailable`, with what to write where as its cause, and `conflict` on a veto.
 */
export async function retryOnSchemaChange<T>(
  inventory: Inventory,
  complete: "must be complete" | "as far as known",
  attempt: (places: Places) => Promise<{ value: T; uncovered: number }>,
): Promise<T> {
  for (let round = 1;; round++) {
    const places = inventory.places();
    let outcome: { value: T; uncovered: number } | null = null;
    try {
      outcome = await attempt(places);
      if (outcome.uncovered === 0) return outcome.value;
    } catch (error) {
      if (!(error instanceof RefusedStatement)) throw error;
      if (error.kind === "constraint") {
        throw new AppError("conflict", { sentence: "vetoed", cause: error });
      }
    }
    const { problems } = await inventory.refresh();
    if (inventory.places() !== places && round === 1) continue; // seen by this look, or by another's
    if (outcome && complete === "as far as known") return outcome.value;
    const cause = new Error(problems.join("; ") || "the schema changed while somebody was leaving");
    throw new AppError("unavailable", { sentence: "withdrawal_unavailable", cause });
  }
}
