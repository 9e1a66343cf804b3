import type { Ground, Words } from "./data_map.ts";

/** Rows that were destroyed or anonymised. */
export interface Gone {
  what: Words;
  count: number;
}
/** Rows that are kept apart. */
export interface Kept {
  what: Words;
  count: number;
  ground: Ground;
  /** The end of the last row's period, ms. */
  until: number;
}
/** A recipient that is notified of an erasure. */
export interface RecipientName {
  name: string;
  kind: "processor" | "third_party";
}

/** The receipt of an erasure. It does not identify the member. */
export interface Receipt {
  receiptId: string;
  /** ms */
  erasedAt: number;
  destroyed: readonly Gone[];
  anonymised: readonly Gone[];
  kept: readonly Kept[];
  recipients: readonly RecipientName[];
  backupDays: number | null;
}
