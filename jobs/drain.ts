/** Sends what a queue of the outbox has, for all channels. */
import { getLogger } from "@logtape/logtape";
import type { Services } from "../actions/services.ts";
import { newId } from "../crypto/tokens.ts";
import { lease as leaseRows, settle } from "../db/outbox/leases.ts";
import { newlyFailing, type Try } from "../db/outbox/tries.ts";
import {
  type Delivery,
  judge,
  type Outcome,
  type Queue,
  type Reply,
  tryTimeoutMs,
} from "../domain/delivery.ts";

const log = getLogger(["annyeong", "jobs"]);

export interface DrainRun {
  sent: number;
  confirmed: number;
}

/**
 * Sends a delivery once. Never rejects.
 * @param now ms
 * @param stop cuts the try off
 */
export type Sender = (delivery: Delivery, now: number, stop: AbortSignal) => Promise<Reply>;

/**
 * Sends what is due in one queue until nothing is, or the time is up.
 * @param atOnce how many are sent at the same time; those of one member are sent one at a time
 * @param untilMs by our clock
 * @param stop cuts off what is under way, which is tried again as if there had been no answer
 */
export async function drain(
  services: Services,
  queue: Queue,
  atOnce: number,
  send: Sender,
  untilMs: number,
  stop?: AbortSignal,
): Promise<DrainRun> {
  const run = { sent: 0, confirmed: 0 };
  while (services.now() < untilMs && !stop?.aborted) {
    const lease = newId();
    const leased = await leaseRows(services.db, queue, lease, services.now(), atOnce);
    if (leased.length === 0) break;
    const tries = await Promise.all(
      leased.map((delivery) => tryOnce(services, send, delivery, lease, stop)),
    );
    run.sent += leased.length;
    run.confirmed += tries.filter(({ outcome }) => outcome.status === "confirmed").length;
  }
  await warnOfFailing(services, queue);
  return run;
}

/** Sends a leased delivery once and writes down what it led to. */
export async function tryOnce(
  services: Services,
  send: Sender,
  delivery: Delivery,
  lease: string,
  stop: AbortSignal = new AbortController().signal,
): Promise<Try & { outcome: Outcome }> {
  const triedAt = services.now();
  const start = performance.now();
  const cut = AbortSignal.any([stop, AbortSignal.timeout(tryTimeoutMs)]);
  const reply = await send(delivery, triedAt, cut);
  const tried = { triedAt, ms: performance.now() - start, reply };
  const now = services.now();
  const outcome = judge(reply, delivery.tries + 1, delivery.retryUntil, now, Math.random());
  await settle(services.db, delivery, lease, outcome, tried, now);
  return { ...tried, outcome };
}

/** One line when a recipient has failed for ten minutes; the next is written after it has recovered. */
async function warnOfFailing({ db, now }: Services, queue: Queue): Promise<void> {
  const failing = await newlyFailing(db, queue, now());
  if (!failing) return;
  const since = new Date(failing.since).toISOString();
  const { channel, recipient } = queue;
  log.warn("a recipient has failed for ten minutes", {
    ...(channel !== "webhook" && { channel }),
    recipient,
    since,
    problem: failing.problem,
  });
}
