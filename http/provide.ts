import type { MiddlewareHandler } from "hono";
import type { Env } from "./env.ts";
import type { Services } from "../actions/services.ts";

/** Gives a request its services and its one instant. */
export function provide(services: Services): MiddlewareHandler<Env> {
  return async function provide(c, next) {
    c.set("services", services);
    c.set("now", services.now());
    await next();
  };
}
