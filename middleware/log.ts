import { getLogger } from "@logtape/logtape";
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Env } from "../context.ts";

const log = getLogger(["annyeong", "request"]);

/**
 * One line for each request: what was asked by route, never by address, for that may name a person;
 * what was answered, with its code; who, by opaque id. Unexpected errors add their cause.
 */
export const logRequest: MiddlewareHandler<Env> = async (c, next) => {
  const start = performance.now();
  await next();
  const properties = {
    request_id: c.var.requestId,
    method: c.req.method,
    route: c.res.status === 404 ? undefined : routePath(c, -1),
    status: c.res.status,
    code: c.var.problem?.code,
    member: c.var.memberId,
    ms: Math.round((performance.now() - start) * 10) / 10,
  };
  if (c.res.status < 500) return log.info("request", properties);
  log.error("request", { ...properties, cause: reasonOf(c.var.problem) });
};

/** Names and codes of an error and its causes. Messages of a driver may quote values, so they stay out. */
function reasonOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const code = "code" in error ? ` ${error.code}` : "";
  const said = isOurs(error) ? `: ${error.message}` : "";
  return [`${error.name}${code}${said}`, ...reasonOf(error.cause)];
}

/** Sentences about the data map were written by us, for this log. */
function isOurs(error: Error): boolean {
  return error.constructor === Error;
}
