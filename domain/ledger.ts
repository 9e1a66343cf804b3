/**
 * The ledger: one line for each erasure, in one chain. A line holds its number, the hash of the line
 * before it and a signature; the trailer holds the count and the last hash. So a file that was cut,
 * edited, reordered or spliced does not verify.
 */
import { sha256 } from "../crypto/tokens.ts";

/** An erasure by opaque ids, and all that its receipt says. Times in ms. */
export interface ErasureFacts {
  member_id: string;
  receipt_id: string;
  erased_at: number;
  backup_days: number | null;
  /** JSON: names and kinds. */
  recipients: string;
  /** JSON: place -> [gone, kept, kept until]. */
  counts: string;
  /** SHA-256 of `data_map`. */
  data_map_id: string;
  /** JSON: what the data map said of each place. */
  data_map: string;
}

/** One line, without its signature. */
export interface LedgerLine extends ErasureFacts {
  v: 1;
  /** The random id of the database's ledger. */
  ledger: string;
  /** From 1, without a gap. */
  sequence: number;
  /** The hash of the line before it, `""` in the first. */
  previous: string;
}

/** The last line of a file: how many lines there are, and the hash of the last one. */
export interface LedgerTrailer {
  v: 1;
  ledger: string;
  count: number;
  head: string;
  /** ms */
  closed_at: number;
}

/** What a line of a file is, with the text that is signed. */
export type SignedLine =
  | { kind: "line"; line: LedgerLine; text: string; signature: string }
  | { kind: "trailer"; trailer: LedgerTrailer; text: string; signature: string };

/** A line of a ledger file that is not as it was written. `number` counts from 1. */
export class LedgerProblem extends Error {
  override name = "LedgerProblem";

  constructor(readonly number: number, why: string) {
    super(`line ${number} ${why}`);
  }
}

/** The text that is hashed and signed. Its fields stand in this order. */
export function lineText(line: LedgerLine): string {
  const { v, ledger, sequence, previous, ...facts } = line;
  const { member_id, receipt_id, erased_at, backup_days } = facts;
  const { recipients, counts, data_map_id, data_map } = facts;
  return JSON.stringify({
    ...{ v, ledger, sequence, previous, member_id, receipt_id, erased_at, backup_days },
    ...{ recipients, counts, data_map_id, data_map },
  });
}

export function trailerText({ v, ledger, count, head, closed_at }: LedgerTrailer): string {
  return JSON.stringify({ v, ledger, count, head, closed_at });
}

/** The hash that the next line holds. It leaves out the signature, so a new key keeps the chain. */
export function lineHash(line: LedgerLine): string {
  return sha256(lineText(line));
}

/** A line as it stands in a file. */
export function signedText(text: string, signature: string): string {
  return `${text.slice(0, -1)},"signature":${JSON.stringify(signature)}}`;
}

/** How far a file was read. */
export interface Chain {
  ledger: string;
  count: number;
  /** The hash of the last line. */
  head: string;
  trailer: LedgerTrailer | null;
}

export const noChain: Chain = { ledger: "", count: 0, head: "", trailer: null };

/** The chain with one more line. Throws `LedgerProblem` where the line does not follow. */
export function follow(chain: Chain, parsed: SignedLine, number: number): Chain {
  const refuse = (why: string): never => {
    throw new LedgerProblem(number, why);
  };
  const { ledger } = parsed.kind === "line" ? parsed.line : parsed.trailer;
  if (chain.trailer) refuse("comes after the trailer");
  if (chain.ledger && ledger !== chain.ledger) refuse("belongs to the ledger of another database");
  if (parsed.kind === "trailer") {
    const { trailer } = parsed;
    if (trailer.count !== chain.count) {
      refuse(`counts ${trailer.count} erasures, but ${chain.count} come before it`);
    }
    if (trailer.head !== chain.head) refuse("closes another ledger: the last hash differs");
    return { ...chain, ledger, trailer };
  }
  const { sequence, previous } = parsed.line;
  if (sequence !== chain.count + 1) {
    refuse(`is erasure ${sequence}, but erasure ${chain.count + 1} belongs here`);
  }
  if (previous !== chain.head) refuse("does not follow from the line before it");
  return { ledger, count: sequence, head: sha256(parsed.text), trailer: null };
}
