import { getLogger } from "@logtape/logtape";
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { clientOf } from "./client.ts";
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
 * Logs one line for each request: the route's pattern, never the path, because a path may hold a token;
 * the status and its code; the member's opaque id. A failure of ours adds its causes, and so does a
 * withdrawal that something is in the way of.
 */
export const logRequest: MiddlewareHandler<Env> = async (c, next) => {
  const start = performance.now();
  await next();
  const { code } = c.get("problem") ?? {};
  const route = patternOf(c);
  c.env?.traced?.(route);
  const properties = {
    request_id: c.get("requestId"),
    method: c.req.method,
    route,
    status: c.res.status,
    code,
    member: c.get("memberId") ?? c.get("problem")?.details.memberId,
    ...(guesses.includes(code) && guesserOf(c)),
    ms: Math.round((performance.now() - start) * 10) / 10,
  };
  const problem = c.get("problem");
  const isBlocked = problem?.code === "conflict" && problem.cause !== undefined;
  if (c.res.status < 500 && !isBlocked) return log.info("request", properties);
  const level = isBlocked ? "warn" : "error";
  log[level]("request", { ...properties, causes: causesOf(problem) });
};

/** The pattern of the route that handled the request. Middleware matches by wildcard and handles none. */
function patternOf(c: Context): string {
  return matchedRoutes(c).findLast(({ path }) => !path.includes("*"))?.path ?? "unmatched";
}

/**
 * Keyed hashes of the network that guesses, and at sign-in of the login name. In a session the line has
 * the member.
 */
function guesserOf(c: Context<Env>) {
  return { account: c.get("account"), network: c.get("network") ?? clientOf(c) };
}
