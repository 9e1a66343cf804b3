import { getLogger } from "@logtape/logtape";
import { isTrusted, type Reading } from "../domain/clock.ts";
import type { Database } from "../db/engine/database.ts";
import { readSeenAt, writeSeenAt } from "../db/operate/clock.ts";

const log = getLogger(["annyeong", "clock"]);

/** How often a process writes down that it has trusted the clock, ms. */
const noteEveryMs = 60_000;

/** Guards what is destroyed by the clock against a clock that jumps ahead. One for each process. */
export interface ClockGuard {
  /**
   * Whether the instant `now` (ms) is trusted. While its clocks agree a process asks no database.
   * Throws `unavailable`.
   */
  trusts(now: number): Promise<boolean>;
  /**
   * The same, for a job that destroys. Notes a trusted instant in the database at most once a minute,
   * and logs when it begins to stop jobs and when it lets them go on.
   */
  allows(now: number): Promise<boolean>;
}

/** What to do about a clock that is not trusted, for the log and for standard error. */
export const clockProblem =
  "the clock has run ahead, so nothing is erased or swept: set it right, or confirm it with " +
  '"deno task admin clock accept --why REASON"';

/** @param monotonic a clock that is never set, ms */
export function createClockGuard(
  db: Database,
  monotonic: () => number = () => performance.now(),
): ClockGuard {
  let last: Reading | null = null;
  let noted: Reading | null = null;
  let stopped = false;

  async function trusts(now: number): Promise<boolean> {
    const reading = { wall: now, monotonic: monotonic() };
    const trusted = last && isTrusted(reading, last, null) ||
      isTrusted(reading, last, await readSeenAt(db));
    if (trusted) last = reading;
    return trusted;
  }

  return {
    trusts,
    async allows(now) {
      const trusted = await trusts(now);
      if (trusted && (!noted || last!.monotonic - noted.monotonic >= noteEveryMs)) {
        noted = last;
        await writeSeenAt(db, now);
      }
      if (trusted === stopped) {
        stopped = !trusted;
        if (stopped) log.error(clockProblem, { now: new Date(now).toISOString() });
        else log.warn("the clock is trusted again");
      }
      return trusted;
    },
  };
}
