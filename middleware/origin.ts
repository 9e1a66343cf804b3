import type { Context, MiddlewareHandler } from "hono";
import type { Env } from "../context.ts";
import { AppError } from "../domain/error.ts";

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses state changes that another site asks for, whatever their content type: `Sec-Fetch-Site`
 * decides, without it `Origin`; with neither the client is no browser (OWASP ASVS 3.5.1-3.5.3).
 */
export const requireSameOrigin: MiddlewareHandler<Env> = async (c, next) => {
  if (!safeMethods.has(c.req.method) && !isSameOrigin(c)) throw new AppError("cross_site");
  await next();
};

function isSameOrigin(c: Context<Env>): boolean {
  const site = c.req.header("Sec-Fetch-Site");
  if (site !== undefined) return site === "same-origin" || site === "none";
  const origin = c.req.header("Origin");
  return origin === undefined || origin === originOf(c);
}

/** Our own origin: configured, or in development that of the request. */
export function originOf(c: Context<Env>): string {
  return c.var.services.config.publicOrigin ?? new URL(c.req.url).origin;
}
