import { Webhook } from "standardwebhooks";
import type { Recipient } from "../config/mod.ts";
import type { Services } from "../actions/services.ts";
import type { Try } from "../db/outbox/tries.ts";
import {
  causeOf,
  type Delivery,
  type Outcome,
  payloadOf,
  type Queue,
  type Reply,
} from "../domain/delivery.ts";
import { drain, type DrainRun, type Sender, tryOnce } from "./drain.ts";

/** Concurrent deliveries to one recipient. Those of one member are sent one at a time, to keep their order. */
const atOnce = 10;

/**
 * Sends what is due to one recipient until nothing is, or the time is up. `untilMs` by our clock.
 * @param stop cuts off what is under way, which is tried again as if there had been no answer
 */
export async function deliver(
  services: Services,
  recipient: Recipient,
  untilMs: number,
  stop?: AbortSignal,
): Promise<DrainRun> {
  const queue: Queue = { channel: "webhook", recipient: recipient.name };
  return await drain(services, queue, atOnce, senderOf(recipient), untilMs, stop);
}

/** Sends a leased delivery once and writes down what it led to. */
export async function tryDelivery(
  services: Services,
  recipient: Recipient,
  delivery: Delivery,
  lease: string,
): Promise<Try & { outcome: Outcome }> {
  return await tryOnce(services, senderOf(recipient), delivery, lease);
}

function senderOf(recipient: Recipient): Sender {
  return (delivery, now, stop) => send(recipient, delivery, now, stop);
}

/** One try by Standard Webhooks 1.0.0: one id across tries, a new timestamp and signature for each. */
async function send(
  recipient: Recipient,
  delivery: Delivery,
  now: number,
  stop: AbortSignal,
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
      signal: stop,
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
