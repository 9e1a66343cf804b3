/** Whether the service can do its work. Reasons are sentences for the log, never for the public. */
import type { Services } from "./services.ts";
import { clockProblem } from "./clock.ts";
import { lagOfCopy } from "./copy_ledger.ts";
import { within } from "../db/engine/deadline.ts";
import { RefusedStatement, type ResultSet } from "../db/engine/database.ts";
import { selectApplied, toState } from "../db/engine/migrate.ts";
import { reasonOf } from "../db/engine/reason.ts";
import { overdueSince } from "../db/leaving/withdrawals.ts";
import { probe } from "../db/operate/probe.ts";
import { overdueDelivery } from "../db/outbox/deliveries.ts";

/** The most that one answer may take, ms. */
const limitMs = 5000;
/** How often a process tries a write at most, ms: anybody may ask. */
const writeEveryMs = 1000;
/** Due work that has waited longer than this says that the jobs do not run, ms. */
const overdueMs = 60 * 60_000;

const schemaProblem = "the schema is not current: run deno task migrate";

/**
 * Makes the check behind `/readyz`: the schema is current and the database takes a write. It returns what
 * is wrong, or `null`. Within a second of a write it repeats what that write met, or else only reads.
 */
export function createReadiness(
  { db, migrations }: Services,
  monotonic: () => number = () => performance.now(),
): () => Promise<string | null> {
  let wroteAt = -Infinity;
  let problem: string | null = null;

  async function look(ask: () => Promise<ResultSet[]>): Promise<string | null> {
    try {
      const applied = (await within(ask(), limitMs)).at(-1)!;
      const { pending } = toState(applied.rows, migrations);
      if (pending.length === 0) return null;
      return `${schemaProblem} (${pending.map(({ name }) => name).join(", ")})`;
    } catch (error) {
      return error instanceof RefusedStatement ? schemaProblem : reasonOf(error);
    }
  }

  return async () => {
    if (monotonic() - wroteAt < writeEveryMs) {
      return problem ?? await look(() => db.read([selectApplied]));
    }
    wroteAt = monotonic();
    problem = await look(() => db.write([...probe, selectApplied]));
    return problem;
  };
}

/** What stops withdrawals, and what only looks odd. */
export interface WithdrawalReadiness {
  problems: string[];
  warnings: string[];
  /** Erasures that are not at `LEDGER_URL` yet; `null` where there is none. */
  behind: number | null;
}

/**
 * The check behind `/readyz/withdrawal`: the data map covers the schema, the clock is trusted, and no due
 * work is overdue at `now` (ms). Within five seconds.
 */
export async function withdrawalReadiness(
  services: Services,
  now: number,
): Promise<WithdrawalReadiness> {
  const problem = `not checked within ${limitMs / 1000} seconds`;
  try {
    return await within(lookAtWithdrawals(services, now), limitMs, problem);
  } catch (error) {
    const isLate = error instanceof Error && error.message === problem;
    return { problems: [isLate ? problem : reasonOf(error)], warnings: [], behind: null };
  }
}

async function lookAtWithdrawals(
  services: Services,
  now: number,
): Promise<WithdrawalReadiness> {
  const { config, db, inventory, clock } = services;
  const { problems, warnings } = await inventory.inspect();
  if (!await clock.trusts(now)) problems.push(clockProblem);
  const limit = now - overdueMs;
  const since = await overdueSince(db, limit) ??
    await overdueDelivery(db, config.recipients, limit);
  if (since !== null) {
    const instant = new Date(since).toISOString();
    problems.push(`work is due since ${instant}: are the jobs running?`);
  }
  const copy = await lagOfCopy(services);
  if (copy?.tooFar) {
    const { behind, since, problem } = copy;
    const sinceThen = since === null ? "" : ` since ${new Date(since).toISOString()}`;
    problems.push(
      `${behind} erasures are missing from the second copy of the ledger${sinceThen}: ${problem}`,
    );
  }
  return { problems, warnings, behind: copy?.behind ?? null };
}
