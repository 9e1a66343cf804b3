import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Env } from "./env.ts";

/** How long the page of a receipt thanks the one who has left, seconds. */
const maxAge = 10 * 60;

const cookieName = "annyeong-left";

/**
 * Sets the cookie after a withdrawal, before the session's middleware in the chain, so that the session
 * cookie is the first one in the answer. It notes in the browser of the one who has left that this receipt
 * is theirs: nobody else who opens its link is told goodbye. It is sent only to the page of that receipt.
 */
export const farewellCookie: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const receiptId = c.get("leftUnder");
  if (receiptId === undefined) return;
  setCookie(c, cookieName, receiptId, {
    path: `/receipts/${receiptId}`,
    httpOnly: true,
    sameSite: "Lax",
    secure: c.var.services.config.publicOrigin?.startsWith("https:") ?? false,
    maxAge,
  });
};

/** Whether the reader of a receipt has just left under it. */
export function isFarewell(c: Context<Env>, receiptId: string): boolean {
  return getCookie(c, cookieName) === receiptId;
}
