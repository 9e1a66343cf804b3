import { type DataMap, expressionsOf, type Subject, tablesOf } from "../../domain/data_map.ts";
import { AppError } from "../../domain/error.ts";
import { type Database, RefusedStatement } from "../engine/database.ts";
import { findUnsafe, readVirtual } from "./full_text.ts";
import { findMemberIds } from "./member_ids.ts";
import { columnsExist, type Places, placesOf, type Seen } from "./sql.ts";
import { compareSchema, type Disagreement, type LiveSchema, readSchema } from "./schema.ts";

/**
 * Caches which tables of the data map exist. The cache only shapes the statements: the claim of each erasure
 * checks the live schema, so a stale cache can make an erasure fail, but not miss a table.
 */
export interface Inventory {
  subject: Subject;
  /** Returns the cached places: the same object until `refresh` or `inspect` finds a change. */
  places(): Places;
  /** Reads the live schema and compares it with the map. Throws `unavailable`. */
  refresh(): Promise<Disagreement>;
  /** Does what `refresh` does, and also warns of unmapped columns that hold ids of members. */
  inspect(): Promise<Disagreement>;
}

/** Makes the inventory of a database. Until the first `refresh`, all tables of the map count as existing. */
export function createInventory(db: Database, map: DataMap): Inventory {
  let seen: Seen = { absent: [], virtual: [] };
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
    subject: map.subject,
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

/** Returns a sentence for each entry with SQL that the database refuses, such as an unknown column. */
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
 * Runs `attempt` with the cached places. If its statements do not fit the live schema, or it reports tables
 * that the places do not cover, refreshes the inventory and runs it once more.
 * @param complete "as far as known" returns a value although tables are not covered
 * @throws `unavailable`, with the problems of the map as cause; `conflict` if a constraint refuses
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
    if (inventory.places() !== places && round === 1) continue; // this or another request refreshed them
    if (outcome && complete === "as far as known") return outcome.value;
    const cause = new Error(problems.join("; ") || "the schema changed during a withdrawal");
    throw new AppError("unavailable", { sentence: "withdrawal_unavailable", cause });
  }
}
