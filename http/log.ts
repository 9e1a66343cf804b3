import { getLogger } from "@logtape/logtape";
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Env } from "./env.ts";
import { causesOf } from "../domain/error.ts";

const log = getLogger(["annyeong", "request"]);

/**
 * One line for each request: what was asked by route, never by address, for that may name a person;
 * what was answered, with its code; who, by opaque id. Unexpected errors add their cause.
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
  if (c.res.status < 500) return log.info("request", properties);
  log.error("request", { ...properties, causes: causesOf(c.get("problem")) });
};
