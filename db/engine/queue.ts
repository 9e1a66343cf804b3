import { AppError } from "../../domain/error.ts";
import type { InStatement, ResultSet } from "./database.ts";
import { classify, RefusedStatement } from "./failure.ts";
import { tokenRefused } from "./reason.ts";

/** What became of one call of a group. `error` is final: everything else of the group went through. */
export type Outcome = { results: ResultSet[] } | { error: unknown };

export interface QueueOptions {
  /** How many groups may be under way at the same time. */
  atOnce: number;
  /** How many calls one group may hold. With 1 nothing waits for another call. */
  groupOf: number;
  /** The most that one call may take, waiting and all tries together, ms. */
  timeoutMs: number;
  /** Whether a lost answer can hide a change. */
  changes: boolean;
  /**
   * Carries out the batches of a group, each whole or not at all, within `ms`. Throws what failed for all
   * of them.
   */
  send(batches: InStatement[][], ms: number): Outcome[] | Promise<Outcome[]>;
}

interface Call {
  batch: InStatement[];
  /** On the clock of `performance.now()`. */
  end: number;
  resolve(results: ResultSet[]): void;
  reject(error: unknown): void;
}

/**
 * Sends calls to the database in groups, in the order in which they came: what comes in while all groups
 * are under way shares the next one. A call that is out of time before its turn is never sent.
 *
 * @returns a function that resolves with the results of a batch, or throws `RefusedStatement` or
 *   `unavailable` (with `answerLost` if it may have been carried out)
 */
export function createQueue(options: QueueOptions) {
  const { atOnce, groupOf, timeoutMs } = options;
  const waiting: Call[] = [];
  let underWay = 0;
  let planned = false;

  /** One turn of the event loop lets requests that have just arrived join the group. */
  function plan(): void {
    if (planned || underWay >= atOnce || waiting.length === 0) return;
    planned = true;
    setImmediate(() => {
      planned = false;
      while (underWay < atOnce && waiting.length > 0) begin(waiting.splice(0, groupOf));
    });
  }

  function begin(calls: Call[]): void {
    underWay++;
    carryOut(calls, options).finally(() => {
      underWay--;
      plan();
    });
  }

  return function ask(batch: InStatement[]): Promise<ResultSet[]> {
    return new Promise((resolve, reject) => {
      const call = { batch, end: performance.now() + timeoutMs, resolve, reject };
      if (groupOf === 1 && underWay < atOnce) return begin([call]);
      waiting.push(call);
      plan();
    });
  };
}

/** Settles every call. A lost answer is asked for again once, and so is a failure. */
async function carryOut(calls: Call[], options: QueueOptions, lost = false): Promise<void> {
  let cause: unknown;
  const giveUp = (call: Call) => {
    call.reject(new AppError("unavailable", { answerLost: lost && options.changes, cause }));
  };
  let resumed = performance.now();
  for (let attempt = 1;; attempt++) {
    const late = calls.filter(({ end }) => end <= resumed);
    late.forEach(giveUp);
    if (late.length > 0) calls = calls.filter((call) => !late.includes(call));
    if (calls.length === 0) return;
    try {
      const ms = Math.min(...calls.map(({ end }) => end)) - performance.now();
      const outcomes = await options.send(calls.map(({ batch }) => batch), Math.max(ms, 1));
      outcomes.forEach((outcome, index) => settle(calls[index]!, outcome));
      return;
    } catch (error) {
      const failure = classify(error);
      if (failure === "constraint" || failure === "schema" || failure === "failed") {
        if (calls.length > 1) { // one of them broke it for all, so each gets a transaction of its own
          for (const call of calls) await carryOut([call], options, lost);
          return;
        }
        if (failure !== "failed") return calls[0]!.reject(new RefusedStatement(failure, error));
      }
      cause = failure === "token" ? new Error(tokenRefused, { cause: error }) : error;
      if (failure === "token") return calls.forEach(giveUp);
      lost ||= failure === "lost";
      if (attempt >= 2 && failure !== "busy") return calls.forEach(giveUp);
      const pause = failure === "busy" ? Math.random() * Math.min(20 * attempt, 250) : 10;
      resumed = performance.now() + pause;
      if (calls.some(({ end }) => end > resumed)) {
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }
}

function settle({ resolve, reject }: Call, outcome: Outcome): void {
  if ("results" in outcome) return resolve(outcome.results);
  const failure = classify(outcome.error);
  reject(
    failure === "constraint" || failure === "schema"
      ? new RefusedStatement(failure, outcome.error)
      : new AppError("unavailable", { cause: outcome.error }),
  );
}
