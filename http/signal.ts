import type { Context } from "hono";
import * as z from "zod/mini";
import type { BrowserSignal } from "../pages/passkeys.tsx";
import type { Env } from "./env.ts";
import { relyingPartyOf } from "./origin.ts";
import { sealedCookie } from "./sealed_cookie.ts";

/** How long the page after a redirect can take to come, seconds. */
const maxAge = 60;

const shape = z.object({
  typ: z.literal("signal"),
  userId: z.string(),
  accepted: z.array(z.string()),
});

const cookie = sealedCookie("annyeong-signal", shape, maxAge);

/** Sets or deletes the cookie after `keepSignal` or `takeSignal`. */
export const signalCookies = cookie.write;

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
  await cookie.set(c, { typ: "signal", userId, accepted });
}

/** Returns the signal that was kept for this page, once. */
export async function takeSignal(c: Context<Env>): Promise<BrowserSignal | null> {
  const kept = await cookie.read(c);
  cookie.remove(c);
  return kept && { accepted: signalOf(c, kept.userId, kept.accepted) };
}
