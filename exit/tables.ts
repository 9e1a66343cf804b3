import { ownTables } from "../data_map.ts";
import { exitTableNames } from "../db/engine/exit_tables.ts";

/** Annyeong's tables beside another system's members, for the data map: nothing of sign-in. */
export const exitTables = ownTables.filter(({ table }) => exitTableNames.has(table));
