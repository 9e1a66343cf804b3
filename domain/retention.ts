import type { Period } from "./data_map.ts";

/**
 * Starts before the year 0 or after 9891, ms, are no dates: with a period added they would leave the range
 * of SQLite's calendar, and a row without an end must not look like one that has reached it.
 */
export const datesFrom = -62_167_219_200_000;
export const datesTo = 250_000_000_000_000;

/** A period as SQLite's date functions take it: `+5 years`. */
export function dateModifier(period: Period): string {
  const [[unit, length]] = Object.entries(period) as [[string, number]];
  return `+${length} ${unit}`;
}
