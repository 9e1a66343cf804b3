/** What a Deno process starts by the clock, and how it ends. */
import { getLogger } from "@logtape/logtape";
import type { Services } from "../actions/services.ts";
import { jobsOf } from "../jobs/mod.ts";

const log = getLogger(["annyeong"]);

const everyMs = 5000;
/** How long requests under way may take after SIGTERM, ms: below the ten seconds that containers give. */
const endWithinMs = 9000;

/** Starts every job each five seconds, unless its last run is still under way, until SIGTERM. */
export function startJobs(services: Services): void {
  const stopping = new AbortController();
  Deno.addSignalListener("SIGTERM", () => {
    stopping.abort(); // jobs end between two erasures, and wait for no recipient
    endSoon();
  });
  for (const job of jobsOf(services, stopping.signal)) {
    let running = false;
    unref(setInterval(async () => {
      if (running || stopping.signal.aborted) return;
      running = true;
      await job.run();
      running = false;
    }, everyMs));
  }
}

/** Ends the process even if a client never sends the rest of its request. */
function endSoon(): void {
  unref(setTimeout(() => {
    log.warn("requests were still under way; ended without them");
    Deno.exit(0);
  }, endWithinMs));
}

/** So that the timer does not keep the process running. */
function unref(timer: unknown): void {
  Deno.unrefTimer(timer as number);
}
