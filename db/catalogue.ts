import { type DataMap, tablesOf } from "../domain/data_map.ts";
import type { Database } from "./client.ts";
import { type Places, placesOf } from "./places.ts";
import { compareSchema, type Disagreement, readSchema } from "./schema.ts";

/**
 * The map, as far as its tables exist. What it remembers of the schema only shapes the statements: the
 * claim of each erasure looks at the live schema itself, so a stale memory refuses and never forgets.
 */
export interface Catalogue {
  places(): Places;
  /** Looks at the live schema. `changed`: the statements made so far no longer fit it. */
  refresh(): Promise<Disagreement & { changed: boolean }>;
}

export function createCatalogue(db: Database, map: DataMap): Catalogue {
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
