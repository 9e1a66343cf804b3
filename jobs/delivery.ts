import { getLogger } from "@logtape/logtape";
import { Webhook } from "standardwebhooks";
import type { Recipient } from "../config/mod.ts";
import type { Services } from "../actions/services.ts";
import { lease as leaseRows, settle } from "../db/outbox/leases.ts";
import { newlyFailing, type Try } from "../db/outbox/tries.ts";
import {
  causeOf,
  type Delivery,
  judge,
  type Outcome,
  payloadOf,
  type Queue,
  type Reply,
  tryTimeoutMs,
} from "../domain/delivery.ts";
import { newId } from "../crypto/tokens.ts";

const log = getLogger(["annyeong", "jobs"]);

/** Concurrent deliveries to one recipient. Those of one member are sent one at a time, to keep their order. */
const atOnce = 10;

export interface DeliveryRun {
  sent: number;
  confirmed: number;
}

/**
 * Sends what is due to one recipient until nothing is, or the time is up. `untilMs` by our clock.
 * @param stop cuts off what is under way: it is tried again, like whatever got no answer
 */
export async function deliver(
  services: Services,
  recipient: Recipient,
  untilMs: number,
  stop?: AbortSignal,
): Promise<DeliveryRun> {
  const { db } = services;
  const queue = queueOf(recipient);
  const run = { sent: 0, confirmed: 0 };
  while (services.now() < untilMs && !stop?.aborted) {
    const lease = newId();
    const leased = await leaseRows(db, queue, lease, services.now(), atOnce);
    if (leased.length === 0) break;
    const tries = await Promise.all(
      leased.map((delivery) => tryDelivery(services, recipient, delivery, lease, stop)),
    );
    run.sent += leased.length;
    run.confirmed += tries.filter(({ outcome }) => outcome.status === "confirmed").length;
  }
  await warnOfFailing(services, recipient);
  return run;
}

function queueOf({ name }: Recipient): Queue {
  return { channel: "webhook", recipient: name };
}

/** One line when a recipient has failed for ten minutes; the next is written after it has recovered. */
async function warnOfFailing({ db, now }: Services, recipient: Recipient): Promise<void> {
  const failing = await newlyFailing(db, queueOf(recipient), now());
  if (!failing) return;
  const since = new Date(failing.since).toISOString();
  log.warn("a recipient has failed for ten minutes", {
    recipient: recipient.name,
    since,
    problem: failing.problem,
  });
}

/** Sends a leased delivery once and writes down what it led to. */
export async function tryDelivery(
  services: Services,
  recipient: Recipient,
  delivery: Delivery,
  lease: string,
  stop?: AbortSignal,
): Promise<Try & { outcome: Outcome }> {
  const triedAt = services.now();
  const start = performance.now();
  const reply = await send(recipient, delivery, triedAt, stop);
  const tried = { triedAt, ms: performance.now() - start, reply };
  const now = services.now();
  const outcome = judge(reply, delivery.tries + 1, delivery.retryUntil, now, Math.random());
  await settle(services.db, delivery, lease, outcome, tried, now);
  return { ...tried, outcome };
}

/** One try by Standard Webhooks 1.0.0: one id across tries, a new timestamp and signature for each. */
async function send(
  recipient: Recipient,
  delivery: Delivery,
  now: number,
  stop: AbortSignal = new AbortController().signal,
): Promise<Reply> {
  const body = payloadOf(delivery);
  const at = new Date(now);
  const signatures = recipient.secrets.map((secret) =>
    new Webhook(secret).sign(delivery.id, at, body)
  );
  try {
    const response = await fetch(recipient.url, {
      method: "POST",
      redirect: "manual", // where it points to was not configured
      signal: AbortSignal.any([stop, AbortSignal.timeout(tryTimeoutMs)]),
      headers: {
        "Content-Type": "application/json",
        "User-Agent": "Annyeong",
        "webhook-id": delivery.id,
        "webhook-timestamp": String(Math.floor(now / 1000)),
        "webhook-signature": signatures.join(" "),
      },
      body,
    });
    await response.body?.cancel();
    return { status: response.status, retryAfterMs: retryAfter(response, now) };
  } catch (error) {
    return { status: null, retryAfterMs: null, cause: causeOf(error) };
  }
}

/** Seconds, or an HTTP date (RFC 9110 10.2.3). */
function retryAfter(response: Response, now: number): number | null {
  const value = response.headers.get("Retry-After");
  if (!value) return null;
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(wait) && wait > 0 ? wait : null;
}
