/** What a Deno process starts by the clock, and how it ends. */
import type { Services } from "../actions/services.ts";
import { jobsOf } from "../jobs/mod.ts";

const everyMs = 5000;

/** Starts every job each five seconds, unless its last run is still under way, until SIGTERM. */
export function startJobs(services: Services): void {
  const stopping = new AbortController();
  Deno.addSignalListener("SIGTERM", () => stopping.abort());
  for (const job of jobsOf(services, stopping.signal)) {
    let running = false;
    const timer = setInterval(async () => {
      if (running) return;
      running = true;
      await job.run();
      running = false;
    }, everyMs);
    Deno.unrefTimer(timer as unknown as number); // or the process would not end at SIGTERM
  }
}
