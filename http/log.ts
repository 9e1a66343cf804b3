import { getLogger } from "@logtape/logtape";
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { Env } from "./env.ts";
import { causesOf, type Code } from "../domain/error.ts";

const log = getLogger(["annyeong", "request"]);

/** Failures by which guessing is followed. Their lines carry keyed hashes, as `admin throttles` lists them. */
const guesses: readonly (Code | undefined)[] = [
  "invalid_credentials",
  "confirmation_failed",
  "throttled",
];

/**
 * Writes one line for each request: the route pattern, never the path, which may hold a name or a token;
 * the status and code of the answer; the member's opaque id. Unexpected errors add their causes.
 */
export const logRequest: MiddlewareHandler<Env> = async (c, next) => {
  const start = performance.now();
  await next();
  const { code } = c.get("problem") ?? {};
  const route = c.res.status === 404 ? undefined : routeOf(c);
  if (route) c.env?.traced?.(route);
  const properties = {
    request_id: c.get("requestId"),
    method: c.req.method,
    route,
    status: c.res.status,
    code,
    member: c.get("memberId"),
    ...(guesses.includes(code) && guesserOf(c)),
    ms: Math.round((performance.now() - start) * 10) / 10,
  };
  if (c.res.status < 500) return log.info("request", properties);
  log.error("request", { ...properties, causes: causesOf(c.get("problem")) });
};

/** The pattern of the handler. Middleware is matched too, before and after it, under the pattern of all. */
function routeOf(c: Context<Env>): string | undefined {
  return matchedRoutes(c).findLast(({ path }) => path !== "/*")?.path;
}

/** Keyed hashes of whose password was guessed, and from where. */
function guesserOf(c: Context<Env>) {
  const account = c.get("account") ?? c.get("session")?.get("account") ?? undefined;
  return { account, network: c.get("network") };
}
