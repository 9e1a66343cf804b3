import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { discover, formOrigins } from "../providers/mod.ts";
import type { Env } from "./env.ts";

/** Whether a path holds a secret: the token of a link, or the number that opens a receipt. */
export function holdsSecret(path: string): boolean {
  return /^\/(recovery|verification|leave|undo|receipts)\//.test(path);
}

/** Where a page may load images and fonts from, besides this origin. */
interface Sources {
  images: readonly string[];
  fonts: readonly string[];
}

const headersFor = ({ images, fonts }: Sources) =>
  secureHeaders({
    strictTransportSecurity: "max-age=63072000; includeSubDomains",
    referrerPolicy: "same-origin",
    xFrameOptions: "DENY",
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      scriptSrc: ["'self'"],
      imgSrc: ["'self'", ...images],
      ...(fonts.length > 0 && { fontSrc: [...fonts] }),
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [], usb: [] },
  });

/**
 * Sets the security headers of every answer (OWASP ASVS 3.4, 3.2). The referrer policy is `same-origin`,
 * because with `no-referrer` browsers send `Origin: null` with our own forms. A path with a secret gets
 * `no-referrer` all the same, so that no access log gets the secret from a `Referer`. Browsers apply
 * `form-action` to the redirects that follow a form, so it names the configured providers.
 */
export function securityHeadersFor(sources: Sources): MiddlewareHandler<Env> {
  const headers = headersFor(sources);
  return async (c, next) => {
    await headers(c, next);
    const providers = c.get("services")?.config.providers ?? [];
    if (providers.length > 0 && isPage(c.res)) {
      await discover(providers, c.get("now"));
      const policy = c.res.headers.get("Content-Security-Policy") ?? "";
      const origins = formOrigins(providers).join(" ");
      const wider = policy.replace("form-action 'self'", `$& ${origins}`);
      c.res.headers.set("Content-Security-Policy", wider);
    }
    if (holdsSecret(c.req.path)) c.res.headers.set("Referrer-Policy", "no-referrer");
  };
}

function isPage({ headers }: Response): boolean {
  return headers.get("Content-Type")?.startsWith("text/html") ?? false;
}

/** The same for the pages of an app, which have no files of a theme elsewhere. */
export const securityHeaders = securityHeadersFor({ images: [], fonts: [] });

/** Keeps answers out of every cache, unless a handler sets `Cache-Control` itself. */
export const noStore: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const { headers } = c.res; // c.header() would rebuild the response
  if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
  headers.append("Vary", "Accept, Accept-Language, Cookie");
};
