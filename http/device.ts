import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";
import * as z from "zod/mini";
import { newId } from "../crypto/tokens.ts";
import { nameHash } from "../crypto/identifiers.ts";
import type { Env } from "./env.ts";
import { seal, unseal } from "./seal.ts";

const cookieName = "annyeong-device";

/** The most that browsers keep a cookie, seconds (RFC 6265bis 5.5: 400 days). */
const maxAgeSeconds = 400 * 24 * 60 * 60;

/** Several people may share a device. The cookie keeps the last five accounts. */
const accountsPerDevice = 5;

const sealed = z.object({
  typ: z.literal("device"),
  id: z.string(),
  /** Keyed hashes of the login names that have signed in here. */
  accounts: z.array(z.string()),
});

/** Returns the id of this device if `name` has signed in on it before, otherwise `null`. */
export async function deviceOf(c: Context<Env>, name: string): Promise<string | null> {
  const device = await open(c);
  return device?.accounts.includes(accountOf(c, name)) ? device.id : null;
}

/**
 * Sets or deletes the cookie after `rememberDevice` or `forgetDevice`. It must come before the session's
 * middleware in the chain, so that the session cookie is the first one in the answer.
 */
export const deviceCookies: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const cookie = c.get("deviceCookie");
  if (cookie === undefined) return;
  if (cookie === null) deleteCookie(c, cookieName, options(c));
  else setCookie(c, cookieName, cookie, { ...options(c), maxAge: maxAgeSeconds });
};

/** Adds `name` to this device's accounts, so that failed attempts elsewhere do not lock it out here. */
export async function rememberDevice(c: Context<Env>, name: string): Promise<void> {
  const device = await open(c);
  const account = accountOf(c, name);
  if (device?.accounts[0] === account) return;
  const others = device?.accounts.filter((other) => other !== account) ?? [];
  const accounts = [account, ...others].slice(0, accountsPerDevice);
  const value = { typ: "device", id: device?.id ?? newId(), accounts };
  c.set("deviceCookie", await seal(c.var.services.config, value));
}

/** Deletes the cookie of this device, if it has one, after a member has left. */
export function forgetDevice(c: Context<Env>): void {
  if (getCookie(c, cookieName, options(c).prefix)) c.set("deviceCookie", null);
}

async function open(c: Context<Env>) {
  const cookie = getCookie(c, cookieName, options(c).prefix);
  return cookie ? await unseal(c.var.services.config, cookie, sealed) : null;
}

function accountOf(c: Context<Env>, name: string): string {
  return nameHash(c.var.services.config.identifierKey, name);
}

function options(c: Context<Env>) {
  const secure = c.var.services.config.publicOrigin?.startsWith("https:") ?? false;
  return {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure,
    ...(secure && { prefix: "host" }),
  } satisfies CookieOptions;
}
