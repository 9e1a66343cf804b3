import type { Context } from "hono";

/**
 * Our answer on the app's context: neither takes the cookies of the other, nor what it varies by, and
 * what else we say stands. Set on `c.res` as well, whose headers Hono, if it merges, takes in place of
 * the answer's.
 */
export function handOver(c: Context, answer: Response): Response {
  const vary = answer.headers.get("Vary");
  if (vary) c.res.headers.append("Vary", vary);
  passCookies(answer, c);
  for (const [name, value] of answer.headers) {
    if (!["set-cookie", "vary"].includes(name)) c.res.headers.set(name, value);
  }
  return new Response(answer.body, { status: answer.status, headers: c.res.headers });
}

/** Copies the cookies of an answer to `c.res`. Hono adds the headers of `c.res` to every answer. */
export function passCookies({ headers }: Response, c: Context): void {
  for (const cookie of headers.getSetCookie()) c.res.headers.append("Set-Cookie", cookie);
}

/** What a Worker is given with a request. Hono throws where there is none. */
export function contextOf(c: Context): Context["executionCtx"] | undefined {
  try {
    return c.executionCtx;
  } catch {
    return undefined;
  }
}
