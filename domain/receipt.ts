import type { Entry, Ground, Words } from "./data_map.ts";

type Disposition = Entry["disposition"];

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

/** What an erasure does, or did, with the rows of one entry of the data map. */
export interface Outcome {
  label: Words;
  disposition: Disposition;
  ground: Ground | null;
  /** Rows that are destroyed or made anonymous. */
  gone: number;
  /** Rows that are retained. */
  kept: number;
  /** The end of the last retained row's period, ms. */
  until: number | null;
}

/**
 * Groups the lines of a preview or a receipt by what an erasure does. Rows of a retained table that are past
 * their period count as destroyed.
 */
export function divideOutcomes(
  outcomes: readonly Outcome[],
): Pick<Receipt, "destroyed" | "anonymised" | "kept"> {
  const gone = ({ label, gone }: Outcome): Gone => ({ what: label, count: gone });
  return {
    destroyed: outcomes.filter(({ disposition, gone }) =>
      disposition === "destroy" || (disposition === "keep" && gone > 0)
    ).map(gone),
    anonymised: outcomes.filter(({ disposition }) => disposition === "anonymise").map(gone),
    kept: outcomes.filter(({ kept }) => kept > 0).map(({ label, kept, ground, until }) => ({
      what: label,
      count: kept,
      ground: ground!,
      until: until!,
    })),
  };
}
