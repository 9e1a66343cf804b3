const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long a delivery is retried after its event or revival, ms. It is then given up, but stays listed. */
export const retryForMs = 3 * 24 * hour;

/** A try is cut off after this (Standard Webhooks 1.0.0 asks for 15 to 30 s). */
export const tryTimeoutMs = 15 * second;

/** When a lease expires, ms. Another run can then send the delivery. */
export const leaseMs = 60 * second;

/** Waits between tries; the last repeats. Standard Webhooks 1.0.0, "Deliverability and reliability". */
const waits = [
  5 * second,
  30 * second,
  2 * minute,
  10 * minute,
  30 * minute,
  hour,
  3 * hour,
  6 * hour,
];

/** What a try led to. `problem` is a status or a word, never what the other side wrote. */
export type Outcome =
  | { status: "confirmed" }
  | { status: "refused"; problem: string }
  | { status: "waiting"; problem: string; nextAt: number }
  | { status: "given_up"; problem: string };

/** What a reply means: delivered, refused for good, or to be tried again. */
export type Verdict = "accepted" | "refused" | "failed";

/** What came back from one try: a status, or the cause of there being none. */
export interface Reply {
  /** HTTP status, or the code of an SMTP server. `null` when there was no answer. */
  status: number | null;
  /** What it means. Absent for webhooks, where `status` decides. */
  verdict?: Verdict;
  /** `Retry-After`, ms, where given. */
  retryAfterMs: number | null;
  /** Why there was no answer: a word of `causeOf`. */
  cause?: string;
  /** What has to be sent next time in place of what was sent: a secret. */
  renewed?: object;
}

/** Causes by what the runtime's `fetch` says. The first that matches counts. */
const causes: readonly [RegExp, string][] = [
  [/UnknownIssuer|CaUsedAsEndEntity|SelfSigned/i, "unknown CA"],
  [/NotValidForName/i, "certificate for another name"],
  [/peer certificate: (certificate )?Expired/i, "certificate expired"],
  [/peer certificate/i, "certificate refused"],
  [/dns error/i, "name not found"],
  [/connection refused/i, "connection refused"],
  [/tls handshake|corrupt message|fatal alert/i, "TLS failed"],
  [/connection (closed|reset|lost)|end of file|broken pipe/i, "connection closed"],
];

/** Says in a word why a request got no answer. Never repeats the error, which holds the URL. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return "no answer";
  if (error.name === "TimeoutError") return "timeout";
  if (error.name === "AbortError") return "stopped";
  const { cause } = error;
  const text = `${error.message} ${cause instanceof Error ? cause.message : ""}`;
  return causes.find(([pattern]) => pattern.test(text))?.[1] ?? "no answer";
}

/** A recipient that settles nothing for so long is a warning in the log. */
export const failingAfterMs = 10 * minute;

/** Decides what the status of a webhook means: 2xx accepts, 410 refuses, all else fails, redirects included. */
function verdictOf(status: number | null): Verdict {
  if (status === null) return "failed";
  if (status >= 200 && status < 300) return "accepted";
  return status === 410 ? "refused" : "failed";
}

/**
 * Decides what a reply leads to. What failed is tried again with backoff, until the time for it is over.
 *
 * @param tries how often it was sent, this time included
 * @param retryUntil when it is given up, ms
 * @param jitter 0 to 1, spreads the tries of many
 */
export function judge(
  reply: Reply,
  tries: number,
  retryUntil: number,
  now: number,
  jitter: number,
): Outcome {
  const { status, retryAfterMs, verdict = verdictOf(status), cause = "no answer" } = reply;
  const problem = status === null ? cause : `status ${status}`;
  if (verdict === "accepted") return { status: "confirmed" };
  if (verdict === "refused") return { status: "refused", problem };
  const wait = waits[Math.min(tries, waits.length) - 1]! * (0.8 + 0.4 * jitter);
  const nextAt = Math.round(now + Math.max(wait, Math.min(retryAfterMs ?? 0, 24 * hour)));
  return nextAt > retryUntil
    ? { status: "given_up", problem }
    : { status: "waiting", problem, nextAt };
}

export type EventType = "member.withdrawal_scheduled" | "member.restored" | "member.withdrawn";

/** How rows of the outbox are delivered: each has its own sender. */
export type Channel = "webhook" | "mail" | "grant";

/** Rows of the outbox that one sender takes: of a channel, for one recipient. */
export interface Queue {
  channel: Channel;
  /** Of a webhook the name in `RECIPIENTS`, of a grant the name of the provider. */
  recipient: string;
}

/** One row of the outbox on its way. Times in ms. */
export interface Delivery extends Queue {
  id: string;
  memberId: string;
  receiptId: string | null;
  /** An `EventType`, or what the channel calls it. */
  type: string;
  /** Personal data, encrypted; `null` for webhooks. */
  sealed: string | null;
  createdAt: number;
  tries: number;
  retryUntil: number;
}

/** The body: nothing personal. */
export function payloadOf(delivery: Delivery): string {
  return JSON.stringify({
    type: delivery.type,
    timestamp: new Date(delivery.createdAt).toISOString(),
    data: { member_id: delivery.memberId, receipt_id: delivery.receiptId },
  });
}
