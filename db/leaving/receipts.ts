import { createHash } from "node:crypto";
import {
  divideFields,
  type Entry,
  type Fields,
  type Ground,
  type Words,
} from "../../domain/data_map.ts";
import type { GrantState } from "../../domain/provider.ts";
import { divideOutcomes, type Receipt } from "../../domain/receipt.ts";
import { rejoinBlock } from "../../domain/rejoin.ts";
import type { Database, Row } from "../engine/database.ts";
import { selectGrants, toGrant } from "../outbox/grants.ts";

/** The columns that `toReceipt` reads, of an erasure joined with the description of its data map. */
export const receiptColumns = `
  erasures.id, erasures.receipt_id, erasures.erased_at, erasures.backup_days, erasures.recipients,
  erasures.counts, data_maps.description`;

/** What a receipt needs of an entry of the data map. It is stored, because the map may change later. */
interface Described {
  disposition: Entry["disposition"];
  label: Words;
  ground: Ground | null;
  /** Absent on receipts of earlier versions. */
  fields?: Fields;
  counter?: string | null;
}

/**
 * Describes the entries of a data map. The id is the SHA-256 of the text, so each description is stored once.
 * @param withBlock whether to add the rejoin block, as the last entry
 */
export function describe(
  entries: readonly Entry[],
  withBlock: boolean,
): { id: string; text: string } {
  const described: Described[] = entries.map((entry) => ({
    disposition: entry.disposition,
    label: entry.label,
    ground: entry.disposition === "keep" ? entry.ground : null,
    fields: divideFields(entry),
    counter: entry.counter,
  }));
  const { label, ground } = rejoinBlock;
  if (withBlock) described.push({ disposition: "keep", label, ground });
  const text = JSON.stringify(described);
  return { id: createHash("sha256").update(text).digest("base64url"), text };
}

/** Makes the receipt of a row with `receiptColumns`. */
export function toReceipt(row: Row): Receipt {
  const described: Described[] = JSON.parse(String(row.description));
  const counts: Record<string, [number, number, number | null]> = JSON.parse(String(row.counts));
  const outcomes = described.map((place, index) => {
    const [gone, kept, until] = counts[index]!;
    return { ...place, gone, kept, until };
  });
  return {
    receiptId: String(row.receipt_id),
    erasedAt: Number(row.erased_at),
    ...divideOutcomes(outcomes),
    recipients: JSON.parse(String(row.recipients)),
    backupDays: row.backup_days === null ? null : Number(row.backup_days),
  };
}

/** A receipt, or the deadline (ms) of the withdrawal that promised it. */
export type FoundReceipt =
  | {
    status: "erased";
    receipt: Receipt;
    deliveries: readonly DeliveryState[];
    grants: readonly GrantState[];
  }
  | { status: "scheduled"; eraseAt: number };

/** Whether a recipient has confirmed an erasure. */
export interface DeliveryState {
  recipient: string;
  status: string;
  /** ms */
  settledAt: number | null;
}

/** Finds a receipt, or the pending withdrawal that promised it, by its number. Throws `unavailable`. */
export async function findReceipt(db: Database, receiptId: string): Promise<FoundReceipt | null> {
  const [erased, scheduled, deliveries, grants] = await db.read([
    {
      sql: `
        SELECT ${receiptColumns} FROM erasures
        JOIN data_maps ON data_maps.id = erasures.data_map_id WHERE erasures.receipt_id = ?`,
      args: [receiptId],
    },
    {
      sql: "SELECT erase_at FROM withdrawals WHERE receipt_id = ? AND restored_at IS NULL",
      args: [receiptId],
    },
    {
      sql: `
        SELECT recipient, status, settled_at FROM outbox
        WHERE receipt_id = ? AND channel = 'webhook' AND type = 'member.withdrawn'`,
      args: [receiptId],
    },
    selectGrants(receiptId),
  ]);
  const row = erased!.rows[0];
  if (row) {
    return {
      status: "erased",
      receipt: toReceipt(row),
      deliveries: deliveries!.rows.map((delivery) => ({
        recipient: String(delivery.recipient),
        status: String(delivery.status),
        settledAt: delivery.settled_at === null ? null : Number(delivery.settled_at),
      })),
      grants: grants!.rows.map(toGrant),
    };
  }
  const pending = scheduled!.rows[0];
  return pending ? { status: "scheduled", eraseAt: Number(pending.erase_at) } : null;
}
