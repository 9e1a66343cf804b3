import type { Context, MiddlewareHandler } from "hono";
import type { Env } from "./env.ts";
import type { Services } from "../actions/services.ts";

/**
 * Sets the services and the time (ms) of a request. All code of a request uses this time. After a request
 * that wrote a mail, the mails are sent; the answer does not wait for it.
 */
export function provide(services: Services): MiddlewareHandler<Env> {
  return async function provide(c, next) {
    let mailed = false;
    const writesMail = () => {
      mailed = true;
    };
    c.set("services", services.transport ? { ...services, writesMail } : services);
    c.set("now", services.now());
    await next();
    if (mailed && services.sendMails) inBackground(c, services.sendMails());
  };
}

/** Keeps a Worker alive until the work is done. On Deno Hono throws, but the work continues anyway. */
export function inBackground(c: Context<Env>, work: Promise<void>): void {
  try {
    c.executionCtx.waitUntil(work);
  } catch {
    // not a Worker
  }
}
