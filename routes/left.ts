import type { Context, MiddlewareHandler } from "hono";
import { copyBeforeAnswer } from "../actions/copy_ledger.ts";
import { endAllGrants } from "../actions/end_grants.ts";
import { findLeft, type Left } from "../actions/withdraw.ts";
import type { Receipt } from "../domain/receipt.ts";
import { isForm } from "../http/body.ts";
import { forgetDevice } from "../http/device.ts";
import type { Env } from "../http/env.ts";
import { wantsPage } from "../http/language.ts";
import { originOf } from "../http/origin.ts";
import { keepSignal, signalOf } from "../http/signal.ts";
import { inBackground } from "../http/provide.ts";
import { endCookie } from "../http/session.ts";

/**
 * Answers a withdrawal form that is sent twice with the first outcome. The second request fails because the
 * first one has used up its session or link; its form token `once` finds the outcome.
 */
export const repeatable = repeatableBy(endSessionHere);

/** The same, where another system's session ends. */
export function repeatableBy(
  signOut: (c: Context<Env>, outcome: Left) => void,
): MiddlewareHandler<Env> {
  return (c, next) => repeat(c, next, signOut);
}

async function repeat(
  c: Context<Env>,
  next: () => Promise<void>,
  signOut: (c: Context<Env>, outcome: Left) => void,
): Promise<void> {
  await next();
  const problem = c.get("problem");
  if (!problem || !["unauthenticated", "not_found", "conflict"].includes(problem.code)) return;
  const once = await onceOf(c);
  const outcome = once && await findLeft(c.var.services, once);
  if (!outcome) return;
  c.set("problem", undefined);
  c.res = await left(c, outcome, signOut);
}

async function onceOf(c: Context<Env>): Promise<string | null> {
  const text = await c.req.text();
  const fields = isForm(c) ? Object.fromEntries(new URLSearchParams(text)) : parse(text);
  const once = fields?.once;
  return typeof once === "string" && once !== "" ? once : null;
}

function parse(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Deletes the session cookie, and after an erasure that of the device. */
function endSessionHere(c: Context<Env>, outcome?: Left): void {
  endCookie(c);
  if (outcome?.status === "erased") forgetDevice(c);
}

/**
 * Answers a withdrawal that was carried out or scheduled.
 * @param signOut deletes the session cookie
 */
export async function left(
  c: Context<Env>,
  outcome: Left,
  signOut: (c: Context<Env>, outcome: Left) => void = endSessionHere,
) {
  if (outcome.memberId !== null) c.set("memberId", outcome.memberId);
  signOut(c, outcome);
  if (outcome.status === "erased") return await erased(c, outcome.receipt, outcome.handle ?? null);
  return scheduled(c, outcome.receiptId, outcome.eraseAt);
}

async function erased(c: Context<Env>, receipt: Receipt, handle: string | null) {
  await copyBeforeAnswer(c.var.services, (work) => inBackground(c, work));
  onWorkers(c, () => endAllGrants(c.var.services));
  c.header("Clear-Site-Data", '"cache", "storage"');
  if (wantsPage(c)) {
    c.set("leftUnder", receipt.receiptId);
    if (handle !== null) await keepSignal(c, handle, []);
    return c.redirect(`/receipts/${receipt.receiptId}`, 303);
  }
  return c.json({
    message: c.var.messages.done.withdrawn,
    receipt_id: receipt.receiptId,
    receipt: await c.var.services.receiptKeys.sign(receipt, originOf(c)),
    erased_at: new Date(receipt.erasedAt).toISOString(),
    ...(handle !== null && { signal: signalOf(c, handle, []) }),
  });
}

/** Begins a job at once on a Worker, whose clock starts jobs only each minute. */
export function onWorkers(c: Context<Env>, work: () => Promise<void>): void {
  try {
    c.executionCtx.waitUntil(work());
  } catch {
    // not a Worker: the timer starts the job within seconds
  }
}

function scheduled(c: Context<Env>, receiptId: string, eraseAt: number) {
  if (wantsPage(c)) return c.redirect(`/receipts/${receiptId}`, 303);
  return c.json({
    message: c.var.messages.done.scheduled(eraseAt),
    receipt_id: receiptId,
    erase_at: new Date(eraseAt).toISOString(),
  }, 202);
}
