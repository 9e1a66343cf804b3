import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { Env } from "../http/env.ts";
import { type DeliveryState, findReceipt } from "../db/leaving/receipts.ts";
import { AppError } from "../domain/error.ts";
import type { Receipt } from "../domain/receipt.ts";
import { attach } from "../http/attachment.ts";
import { isFarewell } from "../http/farewell.ts";
import { wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { originOf } from "../http/origin.ts";
import type { ProviderConfig } from "../config/mod.ts";
import type { GrantState } from "../domain/provider.ts";
import {
  type GrantLine,
  ReceiptPage,
  type RecipientLine,
  ScheduledPage,
} from "../pages/receipt.tsx";
import { pageOf } from "../providers/mod.ts";
import { grantJson } from "./identities.tsx";
import { buttonNamed } from "../providers/buttons.ts";
import { takeSignal } from "../http/signal.ts";
import { linesIn } from "./terms.ts";

/** Shows a receipt, or the deadline of the withdrawal that promised it. */
export default new Hono<Env>()
  .get("/receipts/:id", async (c) => {
    const { db, receiptKeys } = c.var.services;
    const { messages: t, language } = c.var;
    const receiptId = c.req.param("id");
    const address = `${originOf(c)}/receipts/${receiptId}`;
    const found = await findReceipt(db, receiptId);
    if (!found) throw new AppError("not_found");
    if (found.status === "scheduled") {
      const { eraseAt } = found;
      if (wantsPage(c)) {
        return page(
          c,
          <ScheduledPage t={t} receiptId={receiptId} eraseAt={eraseAt} address={address} />,
        );
      }
      const erase_at = new Date(eraseAt).toISOString();
      return c.json({ receipt_id: receiptId, status: "scheduled", erase_at });
    }
    const { receipt } = found;
    const recipients = recipientLines(receipt, found.deliveries);
    const grants = grantLines(found.grants, c.var.services.config.providers);
    const jws = await receiptKeys.sign(receipt, originOf(c));
    if (wantsPage(c)) {
      if (c.req.query("download") !== undefined) return download(c, receiptId, jws);
      const farewell = isFarewell(c, receiptId);
      return page(
        c,
        <ReceiptPage
          t={t}
          receipt={receipt}
          recipients={recipients}
          grants={grants}
          jws={jws}
          address={address}
          farewell={farewell}
          signal={await takeSignal(c)}
        />,
      );
    }
    return c.json(receiptJson(receipt, recipients, grants, jws, language));
  });

/** Answers the signed receipt as a file. */
function download(c: Context<Env>, receiptId: string, jws: string) {
  c.header("Content-Type", "application/jose"); // RFC 7515 9.2.1
  attach(c, `receipt-${receiptId}.jws`);
  return c.body(jws);
}

function recipientLines(
  receipt: Receipt,
  deliveries: readonly DeliveryState[],
): RecipientLine[] {
  return receipt.recipients.map(({ name, kind }) => {
    const delivery = deliveries.find(({ recipient }) => recipient === name);
    const status = (delivery?.status ?? "waiting") as RecipientLine["status"];
    const confirmedAt = status === "confirmed" ? delivery!.settledAt : null;
    return { name, kind, status, confirmedAt };
  });
}

/** The grants with the providers' own pages, for those that the member can still end. */
function grantLines(
  grants: readonly GrantState[],
  providers: readonly ProviderConfig[],
): GrantLine[] {
  return grants.map((grant) => {
    const config = providers.find(({ name }) => name === grant.name);
    const isOver = grant.status === "waiting" || grant.status === "ended";
    const page = isOver || !config ? null : pageOf(config);
    return { ...grant, label: buttonNamed(providers, grant.name).label, page };
  });
}

function receiptJson(
  receipt: Receipt,
  recipients: readonly RecipientLine[],
  grants: readonly GrantLine[],
  jws: string,
  language: string,
) {
  const { line, kept } = linesIn(language);
  return {
    receipt_id: receipt.receiptId,
    erased_at: new Date(receipt.erasedAt).toISOString(),
    destroyed: receipt.destroyed.map(line),
    anonymised: receipt.anonymised.map(line),
    kept: receipt.kept.map(kept),
    backup_days: receipt.backupDays,
    recipients: recipients.map(({ name, kind, status, confirmedAt }) => ({
      name,
      kind,
      status,
      confirmed_at: confirmedAt === null ? null : new Date(confirmedAt).toISOString(),
    })),
    grants: grants.map(({ page, ...grant }) => ({ ...grantJson(grant), page })),
    receipt: jws,
  };
}
