import type { Transport } from "./transport.ts";

/** A `send_email` binding of a Worker, as far as it is used here. */
export interface SendEmail {
  send(message: {
    from: string | { name: string; email: string };
    to: string;
    subject: string;
    text: string;
    html: string;
    headers: Record<string, string>;
  }): Promise<unknown>;
}

/** Codes of Cloudflare's Email Service that refuse one mail for good. */
const aboutMail =
  /^E_(RECIPIENT_SUPPRESSED|RECIPIENT_NOT_ALLOWED|VALIDATION_ERROR|INVALID_RECIPIENT)$/;

/**
 * Sends by a `send_email` binding. Cloudflare sets `Message-ID` and `Date` and refuses ours, so
 * `X-Entity-Ref-ID` has the id that is the same in every try.
 */
export function byBinding(binding: SendEmail): Transport {
  return async ({ id, from, to, subject, text, html }) => {
    try {
      await binding.send({
        from: from.name === "" ? from.address : { name: from.name, email: from.address },
        to,
        subject,
        text,
        html,
        headers: { "X-Entity-Ref-ID": id },
      });
      return { verdict: "accepted" };
    } catch (error) {
      const { code } = error as { code?: unknown };
      return aboutMail.test(String(code))
        ? { verdict: "refused", cause: "address refused" }
        : { verdict: "failed", cause: "binding failed" };
    }
  };
}

/** Whether a value of a Worker's environment can send mails. */
export function isSendEmail(value: unknown): value is SendEmail {
  return typeof (value as SendEmail | undefined)?.send === "function";
}
