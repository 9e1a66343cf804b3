import type { Ground, Words } from "./data_map.ts";

export interface Gone {
  what: Words;
  count: number;
}
export interface Kept {
  what: Words;
  count: number;
  ground: Ground;
  /** The end of the last row's period, ms. */
  until: number;
}
export interface RecipientName {
  name: string;
  kind: "processor" | "third_party";
}

/** What one erasure did, as its receipt tells it: nothing in it identifies anyone by itself. */
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
