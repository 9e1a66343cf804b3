import type { Mailbox } from "../config/mod.ts";
import type { Reply, Verdict } from "../domain/delivery.ts";

/** A mail that is ready to send. */
export interface Mail {
  /** Random; the same in every try. */
  id: string;
  /** With angle brackets; the same in every try. */
  messageId: string;
  from: Mailbox;
  /** One address. */
  to: string;
  subject: string;
  text: string;
  html: string;
  /** When the event occurred, ms: the `Date` of the mail. */
  at: number;
}

/** What came of one try. */
export interface Sent {
  /** `refused`: for good, this mail is never sent again. `failed`: try again later. */
  verdict: Verdict;
  /** The code of the other side, for the record. */
  status?: number | undefined;
  /** Why there was no answer: one or two words, and nothing that the other side wrote. */
  cause?: string | undefined;
  /** When to try again at the earliest, ms from now. */
  retryAfterMs?: number | undefined;
}

/**
 * Sends one mail. A rejection counts as `failed`. What it rejects with is not logged, because it may hold
 * the address.
 * @param stop cuts the try off
 */
export type Transport = (mail: Mail, stop: AbortSignal) => Promise<Sent>;

export function toReply({ verdict, status, cause, retryAfterMs }: Sent): Reply {
  return {
    verdict,
    status: status ?? null,
    retryAfterMs: retryAfterMs ?? null,
    ...(cause !== undefined && { cause }),
  };
}

/** A mailbox as a header writes it (RFC 5322 3.4). */
export function written({ name, address }: Mailbox): string {
  return name === "" ? address : `"${name.replace(/["\\]/g, "\\$&")}" <${address}>`;
}

/** RFC 3834: no auto-responder answers. */
export const automatic = { "Auto-Submitted": "auto-generated" };
