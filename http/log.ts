import { getLogger } from "@logtape/logtape";
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { Env } from "./env.ts";
import { causesOf } from "../domain/error.ts";

const log = getLogger(["annyeong", "request"]);

/**
 * Logs one line for each request: the route's pattern, never the path, because a path may hold a token;
 * the status and its code; the member's opaque id. Unexpected errors add their causes.
 */
export const logRequest: MiddlewareHandler<Env> = async (c, next) => {
  const start = performance.now();
  await next();
  const properties = {
    request_id: c.get("requestId"),
    method: c.req.method,
    route: patternOf(c),
    status: c.res.status,
    code: c.get("problem")?.code,
    member: c.get("memberId"),
    ms: Math.round((performance.now() - start) * 10) / 10,
  };
  if (c.res.status < 500) return log.info("request", properties);
  log.error("request", { ...properties, causes: causesOf(c.get("problem")) });
};

/** The pattern of the route that handled the request. Middleware matches by wildcard and handles none. */
function patternOf(c: Context): string {
  return matchedRoutes(c).findLast(({ path }) => !path.includes("*"))?.path ?? "unmatched";
}
