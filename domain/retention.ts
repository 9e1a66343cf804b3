import type { Period } from "./data_map.ts";

/** A period as SQLite's date functions take it: `+5 years`. */
export function dateModifier(period: Period): string {
  const [[unit, length]] = Object.entries(period) as [[string, number]];
  return `+${length} ${unit}`;
}
