import type { Entry, Fields, Ground, Words } from "./data_map.ts";

type Disposition = Entry["disposition"];

/** Rows of one entry of the data map. */
interface Line {
  what: Words;
  count: number;
  /** The fields that the line is about, if the data map names them. */
  fields?: readonly Words[];
  /** The Korean counter of the rows. */
  counter?: string | null;
}
/** Rows that were destroyed or anonymised. */
export type Gone = Line;
/** Rows that are kept apart. */
export interface Kept extends Line {
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
  /** Rows that are kept apart, with the fields that were deleted all the same. */
  stripped: readonly Gone[];
  recipients: readonly RecipientName[];
  backupDays: number | null;
}

/** What an erasure does, or did, with the rows of one entry of the data map. */
export interface Outcome {
  label: Words;
  disposition: Disposition;
  ground: Ground | null;
  fields?: Fields;
  counter?: string | null;
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
): Pick<Receipt, "destroyed" | "anonymised" | "kept" | "stripped"> {
  const line = (
    { label, counter = null }: Outcome,
    count: number,
    fields: readonly Words[] = [],
  ) => ({
    what: label,
    count,
    counter,
    fields,
  });
  const gone = (outcome: Outcome): Gone => line(outcome, outcome.gone, outcome.fields?.gone);
  const kept = outcomes.filter(({ kept }) => kept > 0);
  return {
    destroyed: outcomes.filter(({ disposition, gone }) =>
      disposition === "destroy" || (disposition === "keep" && gone > 0)
    ).map((outcome) =>
      outcome.disposition === "keep" ? line(outcome, outcome.gone) : gone(outcome)
    ),
    anonymised: outcomes.filter(({ disposition }) => disposition === "anonymise").map(gone),
    kept: kept.map((outcome) => ({
      ...line(outcome, outcome.kept, outcome.fields?.stay),
      ground: outcome.ground!,
      until: outcome.until!,
    })),
    stripped: kept.filter(({ fields }) => fields && fields.gone.length > 0)
      .map((outcome) => line(outcome, outcome.kept, outcome.fields!.gone)),
  };
}
