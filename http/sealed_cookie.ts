import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";
import type * as z from "zod/mini";
import type { Env } from "./env.ts";
import { seal, unseal } from "./seal.ts";

/** A cookie of our own beside the session's, encrypted and authenticated with the session secrets. */
export interface SealedCookie<T> {
  /** Returns its value; `null` if the browser sent none, or one that was changed or has another shape. */
  read(c: Context<Env>): Promise<T | null>;
  /** Sets it with the answer. */
  set(c: Context<Env>, value: T): Promise<void>;
  /** Deletes it with the answer, if the browser sent it. */
  remove(c: Context<Env>): void;
  /**
   * Writes what `set` and `remove` have decided. It must come before the session's middleware in the chain,
   * so that the session cookie is the first one in the answer.
   */
  write: MiddlewareHandler<Env>;
}

/**
 * Makes a sealed cookie. It is `HttpOnly` and `SameSite=Lax`, and on https `Secure` with the prefix
 * `__Host-`.
 * @param shape of the value; its `typ` keeps the seal of one cookie from passing for that of another
 * @param maxAge seconds
 */
export function sealedCookie<S extends z.ZodMiniType<{ typ: string }>>(
  name: string,
  shape: S,
  maxAge: number,
): SealedCookie<z.output<S>> {
  const sent = (c: Context<Env>) => getCookie(c, name, options(c).prefix);
  const decide = (c: Context<Env>, value: string | null) =>
    c.set("cookies", { ...c.get("cookies"), [name]: value });
  return {
    async read(c) {
      const cookie = sent(c);
      return cookie ? await unseal(c.var.services.config, cookie, shape) : null;
    },
    async set(c, value) {
      decide(c, await seal(c.var.services.config, value));
    },
    remove(c) {
      if (sent(c)) decide(c, null);
    },
    async write(c, next) {
      await next();
      const value = c.get("cookies")?.[name];
      if (value === undefined) return;
      if (value === null) deleteCookie(c, name, options(c));
      else setCookie(c, name, value, { ...options(c), maxAge });
    },
  };
}

function options(c: Context<Env>) {
  const secure = c.var.services.config.publicOrigin?.startsWith("https:") ?? false;
  return {
    path: "/",
    httpOnly: true,
    sameSite: "Lax", // the browser sends it with the redirect from a provider
    secure,
    ...(secure && { prefix: "host" }),
  } satisfies CookieOptions;
}
