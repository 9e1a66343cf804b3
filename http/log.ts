import { getLogger } from "@logtape/logtape";
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Env } from "./env.ts";
import { causesOf } from "../domain/error.ts";

const log = getLogger(["annyeong", "request"]);

/**
 * One line for each request: the route, and never the address, which may name a person; the status and
 * its code; the member, by opaque id. A failure of ours adds its causes, and so does a withdrawal that
 * something is in the way of.
 */
export const logRequest: MiddlewareHandler<Env> = async (c, next) => {
  const start = performance.now();
  await next();
  const properties = {
    request_id: c.get("requestId"),
    method: c.req.method,
    route: c.res.status === 404 ? undefined : routePath(c, -1),
    status: c.res.status,
    code: c.get("problem")?.code,
    member: c.get("memberId") ?? c.get("problem")?.details.memberId,
    ms: Math.round((performance.now() - start) * 10) / 10,
  };
  const problem = c.get("problem");
  const isBlocked = problem?.code === "conflict" && problem.cause !== undefined;
  if (c.res.status < 500 && !isBlocked) return log.info("request", properties);
  const level = isBlocked ? "warn" : "error";
  log[level]("request", { ...properties, causes: causesOf(problem) });
};
