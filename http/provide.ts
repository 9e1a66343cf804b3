import type { MiddlewareHandler } from "hono";
import type { Env } from "./env.ts";
import type { Services } from "../actions/services.ts";

/** Sets the services and the time (ms) of a request. All code of a request uses this time. */
export function provide(services: Services): MiddlewareHandler<Env> {
  return async function provide(c, next) {
    c.set("services", services);
    c.set("now", services.now());
    await next();
  };
}
