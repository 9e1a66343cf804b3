/** `deno task jobs`: runs what is due until nothing is left, and exits. For a system timer. */
import { clockProblem } from "../actions/clock.ts";
import { dueDeliveries } from "../db/outbox/deliveries.ts";
import { overdueSince } from "../db/leaving/withdrawals.ts";
import { runJobs } from "../jobs/mod.ts";
import { openOnDeno, type Parts } from "../runtime/mod.ts";

/** Exits with 1 when the clock is not trusted, so that the timer's unit fails in sight. */
export async function jobs(parts?: Parts): Promise<void> {
  const services = await openOnDeno(parts);
  while ((await runJobs(services)).left);
  const { count } = await dueDeliveries(
    services.db,
    services.config.recipients,
    services.now(),
  );
  const erasures = await overdueSince(services.db, services.now());
  console.log(
    `done; due and left: ${count} deliveries, ${erasures === null ? "no" : "some"} erasures`,
  );
  if (!await services.clock.trusts(services.now())) {
    console.error(clockProblem);
    Deno.exitCode = 1;
  }
  services.db.close();
}

if (import.meta.main) await jobs();
