import type { Context } from "hono";
import * as z from "zod/mini";
import { newId } from "../crypto/tokens.ts";
import { nameHash } from "../crypto/identifiers.ts";
import type { Env } from "./env.ts";
import { sealedCookie } from "./sealed_cookie.ts";

/** The most that browsers keep a cookie, seconds (RFC 6265bis 5.5: 400 days). */
const maxAgeSeconds = 400 * 24 * 60 * 60;

/** Several people may share a device. The cookie keeps the last five accounts. */
const accountsPerDevice = 5;

const shape = z.object({
  typ: z.literal("device"),
  id: z.string(),
  /** Keyed hashes of the login names that have signed in here. */
  accounts: z.array(z.string()),
});

const cookie = sealedCookie("annyeong-device", shape, maxAgeSeconds);

/** Sets or deletes the cookie after `rememberDevice` or `forgetDevice`. */
export const deviceCookies = cookie.write;

/** Returns the id of this device if `name` has signed in on it before, otherwise `null`. */
export async function deviceOf(c: Context<Env>, name: string): Promise<string | null> {
  const device = await cookie.read(c);
  return device?.accounts.includes(accountOf(c, name)) ? device.id : null;
}

/** Adds `name` to this device's accounts, so that failed attempts elsewhere do not lock it out here. */
export async function rememberDevice(c: Context<Env>, name: string): Promise<void> {
  const device = await cookie.read(c);
  const account = accountOf(c, name);
  if (device?.accounts[0] === account) return;
  const others = device?.accounts.filter((other) => other !== account) ?? [];
  const accounts = [account, ...others].slice(0, accountsPerDevice);
  await cookie.set(c, { typ: "device", id: device?.id ?? newId(), accounts });
}

/** Deletes the cookie of this device, if it has one, after a member has left. */
export function forgetDevice(c: Context<Env>): void {
  cookie.remove(c);
}

function accountOf(c: Context<Env>, name: string): string {
  return nameHash(c.var.services.config.identifierKey, name);
}
