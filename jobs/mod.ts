import { getLogger } from "@logtape/logtape";
import type { Services } from "../context.ts";
import { sweep } from "../db/sweep.ts";
import { eraseDue } from "./erasure.ts";

const log = getLogger(["annyeong", "jobs"]);

/** At most this much in one run, so that a run ends; the rest is done by the next. */
const erasuresPerRun = 200;
const rowsPerSweep = 5000;

/** Everything the clock starts, once: due erasures, then what has reached its end. */
export async function runJobs(services: Services) {
  const erasures = await eraseDue(services, erasuresPerRun);
  const unswept = await sweep(services.db, services.now(), rowsPerSweep);
  const logEmptied = await services.db.truncateLog();
  const done = { ...erasures, unswept, log_emptied: logEmptied };
  if (erasures.due > 0 || unswept > 0 || !logEmptied) log.info("jobs", done);
  return done;
}
