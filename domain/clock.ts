const minute = 60_000;

/** How far the wall clock may run ahead between two readings of one process, ms. */
export const leapMs = 10 * minute;

/**
 * How far the wall clock may be past the newest instant in the database when a process has no earlier
 * reading of its own, ms. Longer than a daily timer that starts late, so that it never stops for it;
 * shorter than any grace period that is counted in days.
 */
export const pauseMs = 26 * 60 * minute;

/** One look at both clocks of a process, ms. */
export interface Reading {
  wall: number;
  /** Counts from an arbitrary start, and is never set. */
  monotonic: number;
}

/**
 * Whether jobs may destroy what is due by `now`. The wall clock must agree with the monotonic clock since
 * the last trusted reading, or with the newest instant that any process has trusted.
 * @param last the last trusted reading of this process, if there is one
 * @param seenAt the newest instant in the database, ms; `null` while no job has run on it
 */
export function isTrusted(now: Reading, last: Reading | null, seenAt: number | null): boolean {
  const elapsed = last ? now.monotonic - last.monotonic : Infinity;
  const follows = last !== null && elapsed <= pauseMs; // the jobs of a living process run in seconds
  if (follows && now.wall <= last.wall + elapsed + leapMs) return true;
  if (seenAt === null) return last === null;
  return now.wall <= seenAt + (follows ? leapMs : pauseMs);
}
