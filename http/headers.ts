import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { Env } from "./env.ts";

/**
 * Security headers on every answer (OWASP ASVS 3.4, 3.2). `same-origin` as referrer policy, for with
 * `no-referrer` a browser sends `Origin: null` with this site's own forms.
 */
export const securityHeaders: MiddlewareHandler = secureHeaders({
  strictTransportSecurity: "max-age=63072000; includeSubDomains",
  referrerPolicy: "same-origin",
  xFrameOptions: "DENY",
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    scriptSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [], usb: [] },
});

/** Nothing is stored on the way or in the browser, unless a handler says so. */
export const noStore: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const { headers } = c.res; // c.header() would make the response anew
  if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
  headers.append("Vary", "Accept, Accept-Language, Cookie");
};
