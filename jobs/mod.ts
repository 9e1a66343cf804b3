import { getLogger } from "@logtape/logtape";
import { copyLedger, lagOfCopy } from "../actions/copy_ledger.ts";
import type { Services } from "../actions/services.ts";
import { sweep } from "../db/operate/sweep.ts";
import { AppError, causesOf } from "../domain/error.ts";
import { deliver } from "./delivery.ts";
import { endGrants } from "../actions/end_grants.ts";
import { eraseDue } from "../actions/erase_due.ts";
import { sendMails } from "./mails.ts";

const log = getLogger(["annyeong", "jobs"]);

/** At most this much in one run, so that a run ends; the rest is done by the next. */
const rowsPerSweep = 5000;
const runMs = 20_000;

/** Something that the clock starts. `left`: whether the next run has something to do at once. */
export interface Job {
  name: string;
  run(): Promise<{ left: boolean }>;
}

/**
 * Everything that the clock starts, each safe to run in many places at once. Each recipient is a job of
 * its own, so that a slow one delays nobody. `stop` ends what waits for a recipient.
 */
export function jobsOf(services: Services, stop?: AbortSignal): Job[] {
  const { config, db } = services;
  const until = () => services.now() + runMs;
  return [
    job("erasures", async () => {
      const done = await eraseDue(services, until(), stop);
      if (done.erased > 0) await copyLedger(services, stop);
      return { report: done, worked: done.due > 0, left: done.left > 0 };
    }),
    job("sweep", async () => {
      const now = services.now();
      const left = await services.clock.allows(now)
        ? await sweep(db, services.inventory.subject, now, rowsPerSweep)
        : 0;
      const logEmptied = await db.truncateLog();
      return { report: { left, log_emptied: logEmptied }, worked: !logEmptied, left: left > 0 };
    }),
    ...(services.transport ? [mailJob(services, stop)] : []),
    ...(config.ledgerUrl ? [ledgerJob(services, stop)] : []),
    ...config.providers.map((provider) =>
      job(`grants at ${provider.name}`, async () => {
        const done = await endGrants(services, provider, until(), stop);
        return { report: done, worked: done.tried > 0, left: false };
      })
    ),
    ...config.recipients.map((recipient) =>
      job(`deliveries to ${recipient.name}`, async () => {
        const done = await deliver(services, recipient, until(), stop);
        return { report: done, worked: done.sent > 0, left: false };
      })
    ),
  ];
}

/** Sends the mails that are due. */
export function mailJob(services: Services, stop?: AbortSignal): Job {
  return job("mails", async () => {
    const done = await sendMails(services, services.now() + runMs, stop);
    return { report: done, worked: done.sent > 0, left: false };
  });
}

/** Copies ledger lines that `LEDGER_URL` lacks, because a copy failed or the process stopped first. */
function ledgerJob(services: Services, stop?: AbortSignal): Job {
  return job("ledger", async () => {
    await copyLedger(services, stop);
    const { behind = 0, problem = null } = await lagOfCopy(services) ?? {};
    return { report: { behind }, worked: behind > 0, left: behind > 0 && problem === null };
  });
}

/** Runs every job once, side by side; returns whether anything is left to be done at once. */
export async function runJobs(services: Services): Promise<{ left: boolean }> {
  const runs = await Promise.all(jobsOf(services).map((job) => job.run()));
  return { left: runs.some(({ left }) => left) };
}

/** A job that says what was due, done and left, where there was something, and never throws. */
function job(
  name: string,
  work: () => Promise<{ report: object; worked: boolean; left: boolean }>,
): Job {
  return {
    name,
    async run() {
      try {
        const { report, worked, left } = await work();
        if (worked || left) log.info("job", { job: name, ...report });
        return { left };
      } catch (error) {
        const code = error instanceof AppError ? error.code : "internal";
        log.error("job failed", { job: name, code, causes: causesOf(error) });
        return { left: false };
      }
    },
  };
}
