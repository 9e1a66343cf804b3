import type { Context } from "hono";
import type { Left } from "../actions/withdraw.ts";
import type { Receipt } from "../domain/receipt.ts";
import { forgetDevice } from "../http/device.ts";
import type { Env } from "../http/env.ts";
import { wantsPage } from "../http/language.ts";
import { originOf } from "../http/origin.ts";
import { endCookie } from "../http/session.ts";

/** Answers a withdrawal that was carried out, or scheduled. The session is over in both cases. */
export async function left(c: Context<Env>, outcome: Left) {
  c.set("memberId", outcome.memberId);
  endCookie(c);
  if (outcome.status === "erased") return await erased(c, outcome.receipt);
  return scheduled(c, outcome.receiptId, outcome.eraseAt);
}

async function erased(c: Context<Env>, receipt: Receipt) {
  forgetDevice(c);
  c.header("Clear-Site-Data", '"cache", "storage"');
  if (wantsPage(c)) return c.redirect(`/receipts/${receipt.receiptId}`, 303);
  return c.json({
    message: c.var.messages.done.withdrawn,
    receipt_id: receipt.receiptId,
    receipt: await c.var.services.receiptKeys.sign(receipt, originOf(c)),
    erased_at: new Date(receipt.erasedAt).toISOString(),
  });
}

function scheduled(c: Context<Env>, receiptId: string, eraseAt: number) {
  if (wantsPage(c)) return c.redirect(`/receipts/${receiptId}`, 303);
  return c.json({
    message: c.var.messages.done.scheduled(eraseAt),
    receipt_id: receiptId,
    erase_at: new Date(eraseAt).toISOString(),
  }, 202);
}
