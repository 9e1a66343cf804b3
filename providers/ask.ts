import { causeOf, type Reply } from "../domain/delivery.ts";

/** How long a provider may take to answer, ms. */
const timeoutMs = 10_000;

/** The longest answer that is read, bytes. */
const maxBytes = 256 * 1024;

/**
 * Asks a provider. Follows no redirect, waits ten seconds, and reads at most 256 KiB.
 * @throws what `fetch` throws, or an error if the answer is too long
 */
export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, {
    ...init,
    redirect: "manual", // where it points to was not configured
    signal: init.signal ? AbortSignal.any([init.signal, timeout]) : timeout,
  });
  const { status, headers } = response;
  const empty = status === 204 || status === 304;
  const bytes = await bytesOf(response);
  return new Response(empty ? null : bytes, { status: status === 0 ? 502 : status, headers });
}

async function bytesOf({ body }: Response): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body ?? []) {
    length += part.length;
    if (length > maxBytes) throw new Error("the answer of the provider is too long");
    parts.push(part);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The JSON of an answer, or `null` if it is not an object. */
export async function objectIn(response: Response): Promise<Record<string, unknown> | null> {
  const value: unknown = await response.json().catch(() => null);
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : null;
}

/** The reply to a try that got no answer. */
export function noReply(error: unknown): Reply {
  return { status: null, verdict: "failed", retryAfterMs: null, cause: causeOf(error) };
}

/** The reply to a try that was answered, and what the answer means. */
export function reply(response: Response, verdict: NonNullable<Reply["verdict"]>): Reply {
  const seconds = Number(response.headers.get("Retry-After"));
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null;
  return { status: response.status, verdict, retryAfterMs };
}

/** The provider says that it ended the grant, and still knows it. */
export const stillThere: Reply = {
  status: null,
  verdict: "failed",
  retryAfterMs: null,
  cause: "the grant is still there",
};
