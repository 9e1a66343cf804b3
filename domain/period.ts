import type { Period } from "./data_map.ts";

/**
 * The range of dates in which a period can begin, ms: the years 0 to 9891. Outside of it, the end of the
 * period would exceed SQLite's calendar and be NULL.
 */
export const datesFrom = -62_167_219_200_000;
export const datesTo = 250_000_000_000_000;

/** Formats a period as a modifier of SQLite's date functions, such as `+5 years`. */
export function dateModifier(period: Period): string {
  const [[unit, length]] = Object.entries(period) as [[string, number]];
  return `+${length} ${unit}`;
}
