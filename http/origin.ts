import type { Context, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { Config } from "../config/mod.ts";
import type { Env } from "./env.ts";
import { AppError } from "../domain/error.ts";
import type { RelyingParty } from "../domain/passkey.ts";
import { holdsSecret } from "./headers.ts";

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/** Lets only the front ends that `ALLOWED_ORIGINS` names send cookies and read answers (CORS). */
export function shareWith({ allowedOrigins }: Config): MiddlewareHandler {
  if (allowedOrigins.length === 0) return (_, next) => next();
  const share = cors({
    origin: [...allowedOrigins],
    credentials: true,
    allowMethods: ["GET", "HEAD", "POST", "DELETE"],
    allowHeaders: ["Content-Type"],
    exposeHeaders: ["X-Request-Id", "Retry-After"],
    maxAge: 600,
  });
  return async (c, next) => {
    if (allowedOrigins.includes(c.req.header("Origin") ?? "")) return await share(c, next);
    c.header("Vary", "Origin", { append: true });
    await next();
  };
}

/**
 * Refuses state changes that another site asks for, with every content type (OWASP ASVS 3.5.1-3.5.3).
 * `ALLOWED_ORIGINS` pass. Otherwise `Sec-Fetch-Site` decides, and without it `Origin`. A request with
 * neither does not come from a browser, and passes. `Origin: null` passes where the path holds a secret:
 * such pages are sent with `no-referrer`, and a forged request would have to know the secret. An answer of a
 * provider may be a form (OAuth 2.0 Form Post Response Mode): its route only redirects it to itself.
 */
export const requireSameOrigin: MiddlewareHandler<Env> = async (c, next) => {
  if (safeMethods.has(c.req.method) || isProviderAnswer(c.req.path)) return await next();
  if (!isSameOrigin(c)) throw new AppError("cross_site");
  await next();
};

function isProviderAnswer(path: string): boolean {
  return /^\/login\/with\/[^/]+\/callback$/.test(path);
}

function isSameOrigin(c: Context<Env>): boolean {
  const origin = c.req.header("Origin");
  if (origin && c.get("services").config.allowedOrigins.includes(origin)) return true;
  const site = c.req.header("Sec-Fetch-Site");
  if (site !== undefined) return site === "same-origin" || site === "none";
  if (origin === "null" && holdsSecret(c.req.path)) return true;
  return origin === undefined || origin === originOf(c);
}

/** Our own origin: configured, or in development that of the request. */
export function originOf(c: Context<Env>): string {
  return c.get("services").config.publicOrigin ?? new URL(c.req.url).origin;
}

/** The service as browsers and authenticators know it. Its id is the host of our origin. */
export function relyingPartyOf(c: Context<Env>): RelyingParty {
  const origin = originOf(c);
  const { allowedOrigins } = c.get("services").config;
  const { name } = c.get("messages").service;
  return { id: new URL(origin).hostname, name, origins: [origin, ...allowedOrigins] };
}
