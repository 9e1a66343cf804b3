import { type DataMap, tablesOf } from "../../domain/data_map.ts";
import { AppError } from "../../domain/error.ts";
import { type Database, RefusedStatement } from "../engine/database.ts";
import { type Places, placesOf } from "./sql.ts";
import { compareSchema, type Disagreement, readSchema } from "./schema.ts";

/**
 * The map, as far as its tables exist. What it remembers of the schema only shapes the statements: the
 * claim of each erasure looks at the live schema itself, so a stale memory refuses and never forgets.
 */
export interface Inventory {
  places(): Places;
  /** Looks at the live schema. `changed`: the statements made so far no longer fit it. */
  refresh(): Promise<Disagreement & { changed: boolean }>;
}

export function createInventory(db: Database, map: DataMap): Inventory {
  let absent = new Set<string>(); // at first every table of the map is expected to be there
  let places = placesOf(map, absent);
  return {
    places: () => places,
    async refresh() {
      const schema = await readSchema(db);
      const now = new Set([...tablesOf(map)].filter((table) => !schema.has(table)));
      const changed = now.symmetricDifference(absent).size > 0;
      if (changed) {
        absent = now;
        places = placesOf(map, absent);
      }
      return { ...compareSchema(map, schema), changed };
    },
  };
}

/**
 * Runs `attempt` with the places as they were last seen. When its statements do not fit the live schema,
 * or it reports tables that they do not know, looks again and runs it once more.
 *
 * @param complete whether it may go on while tables are unknown: reading may, leaving may not
 * Throws `unavailable`, with what to write where as its cause, and `conflict` on a veto.
 */
export async function retryOnSchemaChange<T>(
  inventory: Inventory,
  complete: "must be complete" | "as far as known",
  attempt: (places: Places) => Promise<{ value: T; unknown: number }>,
): Promise<T> {
  for (let round = 1;; round++) {
    let outcome: { value: T; unknown: number } | null = null;
    try {
      outcome = await attempt(inventory.places());
      if (outcome.unknown === 0) return outcome.value;
    } catch (error) {
      if (!(error instanceof RefusedStatement)) throw error;
      if (error.kind === "constraint") {
        throw new AppError("conflict", { sentence: "vetoed", cause: error });
      }
    }
    const { changed, problems } = await inventory.refresh();
    if (changed && round === 1) continue;
    if (outcome && complete === "as far as known") return outcome.value;
    const cause = new Error(problems.join("; ") || "the schema changed while somebody was leaving");
    throw new AppError("unavailable", { sentence: "withdrawal_unavailable", cause });
  }
}
