/** Services that take mails over HTTP: on Deno and on Workers. */
import type { MailRoute } from "../config/mod.ts";
import { causeOf, type Verdict } from "../domain/delivery.ts";
import { automatic, type Sent, type Transport, written } from "./transport.ts";

type Route = MailRoute & { kind: "resend" | "postmark" };

/** Resend's API: `POST /emails`. The idempotency key keeps a second try from becoming a second mail for 24 hours. */
export function byResend({ key, endpoint }: Route): Transport {
  return ({ id, messageId, from, to, subject, text, html }, stop) =>
    post(
      `${endpoint}/emails`,
      { Authorization: `Bearer ${key}`, "Idempotency-Key": id },
      {
        from: written(from),
        to: [to],
        subject,
        text,
        html,
        headers: { "Message-ID": messageId, ...automatic },
      },
      stop,
      ({ status }) => [400, 422].includes(status), // the address or the content
    );
}

/** Codes of Postmark for one mail that is refused: an invalid address, one that bounced or complained. */
const aboutMail = [300, 406];

/** Postmark's API: `POST /email`, on the stream `outbound`. */
export function byPostmark({ key, endpoint }: Route): Transport {
  return ({ messageId, from, to, subject, text, html }, stop) =>
    post(
      `${endpoint}/email`,
      { "X-Postmark-Server-Token": key, Accept: "application/json" },
      {
        From: written(from),
        To: to,
        Subject: subject,
        TextBody: text,
        HtmlBody: html,
        MessageStream: "outbound",
        Headers: Object.entries({ "Message-ID": messageId, "X-PM-KeepID": "true", ...automatic })
          .map(([Name, Value]) => ({ Name, Value })),
      },
      stop,
      ({ status, code }) => status === 422 && aboutMail.includes(code),
    );
}

/** @param isRefused whether a status, and Postmark's `ErrorCode`, refuse this one mail for good */
async function post(
  url: string,
  headers: Record<string, string>,
  body: object,
  stop: AbortSignal,
  isRefused: (answer: { status: number; code: number }) => boolean,
): Promise<Sent> {
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: { "Content-Type": "application/json", "User-Agent": "Annyeong", ...headers },
      body: JSON.stringify(body),
      signal: stop,
    });
    const { status } = response;
    const code = await codeOf(response);
    const wait = Number(response.headers.get("Retry-After")) * 1000;
    const verdict: Verdict = response.ok
      ? "accepted"
      : isRefused({ status, code })
      ? "refused"
      : "failed";
    return { verdict, status, ...(wait > 0 && { retryAfterMs: wait }) };
  } catch (error) {
    return { verdict: "failed", cause: causeOf(error) };
  }
}

async function codeOf(response: Response): Promise<number> {
  const text = await response.text().catch(() => "");
  try {
    return Number(JSON.parse(text).ErrorCode);
  } catch {
    return NaN;
  }
}
