import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";
import * as z from "zod/mini";
import type { BrowserSignal } from "../pages/passkeys.tsx";
import type { Env } from "./env.ts";
import { relyingPartyOf } from "./origin.ts";
import { seal, unseal } from "./seal.ts";

const cookieName = "annyeong-signal";

/** How long the page after a redirect can take to come, seconds. */
const maxAge = 60;

const sealed = z.object({
  typ: z.literal("signal"),
  userId: z.string(),
  accepted: z.array(z.string()),
});

/** What `PublicKeyCredential.signalAllAcceptedCredentials` takes (WebAuthn Level 3, 5.1.10). */
export type Signal = NonNullable<BrowserSignal["accepted"]>;

/**
 * Makes the signal by which a browser forgets the passkeys of a member that do not work any more.
 * @param userId the handle of the member's passkeys
 * @param accepted the credential ids that still work
 */
export function signalOf(c: Context<Env>, userId: string, accepted: string[]): Signal {
  return { rpId: relyingPartyOf(c).id, userId, allAcceptedCredentialIds: accepted };
}

/** Keeps a signal for the page after a redirect, in a sealed cookie: the service does not store it. */
export async function keepSignal(
  c: Context<Env>,
  userId: string,
  accepted: string[],
): Promise<void> {
  const value = { typ: "signal", userId, accepted };
  c.set("signalCookie", await seal(c.var.services.config, value));
}

/** Returns the signal that was kept for this page, once. */
export async function takeSignal(c: Context<Env>): Promise<BrowserSignal | null> {
  const cookie = getCookie(c, cookieName, options(c).prefix);
  if (!cookie) return null;
  c.set("signalCookie", null);
  const kept = await unseal(c.var.services.config, cookie, sealed);
  return kept && { accepted: signalOf(c, kept.userId, kept.accepted) };
}

/** Sets or deletes the cookie. It comes before the session's middleware, like `deviceCookies`. */
export const signalCookies: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const cookie = c.get("signalCookie");
  if (cookie === undefined) return;
  if (cookie === null) deleteCookie(c, cookieName, options(c));
  else setCookie(c, cookieName, cookie, { ...options(c), maxAge });
};

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
