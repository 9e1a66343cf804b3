import type { InStatement } from "../engine/database.ts";

/**
 * A write that changes nothing: what the first statement writes the second writes back. The page counts
 * as changed, so that the commit needs the disk like any other.
 */
export const probe: InStatement[] = [
  `INSERT INTO clock (id, probe) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET probe = 1`,
  "UPDATE clock SET probe = 0 WHERE id = 1",
];
