/** Reads a ledger file, and refuses one that is not as it was written. */
import { createVerifyText, type VerifyText } from "../crypto/signed_text.ts";
import type { ReceiptKeys } from "../crypto/receipt_keys.ts";
import { sha256 } from "../crypto/tokens.ts";
import type { ReplayLine } from "../db/leaving/replay.ts";
import { type Chain, follow, LedgerProblem, noChain, type SignedLine } from "../domain/ledger.ts";
import { parseLine } from "../domain/ledger_line.ts";
import { linesOf } from "../runtime/ledger_file.ts";

/** What is accepted although it proves less. */
export interface Leniency {
  /** A file of version 0.1.0, whose lines are neither chained nor signed. */
  unsigned: boolean;
  /** A file whose end is missing: lines may be missing with it. */
  withoutTrailer: boolean;
}

/** What a file proves. `chain` is `null` for a file of version 0.1.0. */
export interface Checked {
  chain: Chain | null;
  /** SHA-256 of every line as it was checked. */
  hashes: string[];
}

/**
 * Checks every line of a file before the first is used: half a ledger would pass for a whole one.
 * Throws `LedgerProblem`, and errors of the file system.
 */
export async function checkLedger(
  path: string,
  keys: Pick<ReceiptKeys, "jwks">,
  { unsigned, withoutTrailer }: Leniency,
): Promise<Checked> {
  await Deno.stat(path); // a file that is not there is no empty ledger
  const verify = createVerifyText(keys.jwks.keys);
  const hashes: string[] = [];
  let chain: Chain | null = null;
  let torn: LedgerProblem | null = null;
  for await (const raw of linesOf(path)) {
    const number = hashes.length + 1;
    if (torn) throw torn;
    let parsed;
    try {
      parsed = parseLine(withoutReturn(raw), number);
    } catch (error) {
      if (!withoutTrailer || !(error instanceof LedgerProblem)) throw error;
      torn = error; // the last line may be a part of one
      continue;
    }
    const isFirst = number === 1; // as the first line is, every line has to be
    if (parsed.kind === "unsigned") {
      if (chain) throw new LedgerProblem(number, "has no signature");
      if (!unsigned) throw new LedgerProblem(number, "has no signature: is it of version 0.1.0?");
    } else {
      if (!chain && !isFirst) {
        throw new LedgerProblem(number, "is signed, but the lines before it are not");
      }
      await requireSignature(verify, parsed, number);
      chain = follow(chain ?? noChain, parsed, number);
    }
    hashes.push(sha256(raw));
  }
  const next = hashes.length + 1;
  if (next === 1) {
    throw torn ??
      new LedgerProblem(1, "is missing: the file is empty, but a ledger has a trailer at least");
  }
  if (chain && !chain.trailer && !withoutTrailer) {
    throw new LedgerProblem(next, "is missing: the trailer was cut off, and maybe more");
  }
  return { chain, hashes };
}

/**
 * The erasures of a file that `checkLedger` has passed, line by line as it was then. Throws
 * `LedgerProblem` where the file was changed meanwhile.
 * @param progress is told how many erasures were read
 */
export async function* ledgerLines(
  path: string,
  { hashes }: Checked,
  progress?: (lines: number) => void,
): AsyncGenerator<ReplayLine> {
  let number = 0;
  for await (const raw of linesOf(path)) {
    if (number === hashes.length) return; // what was cut off was not checked
    if (sha256(raw) !== hashes[number++]) {
      throw new LedgerProblem(number, "was changed while the file was read");
    }
    const line = JSON.parse(withoutReturn(raw));
    if ("count" in line) return;
    yield line;
    if (number % 1000 === 0) progress?.(number);
  }
  if (number < hashes.length) throw new LedgerProblem(number + 1, "has gone from the file");
}

/** A line that Windows has copied as a text. */
function withoutReturn(line: string): string {
  return line.replace(/\r$/, "");
}

async function requireSignature(verify: VerifyText, parsed: SignedLine, number: number) {
  const { text, signature, kind } = parsed;
  const problem = await verify(text, signature, `erasure-ledger-${kind}`);
  if (problem === "altered") {
    throw new LedgerProblem(number, "was edited: its signature does not belong to it");
  }
  if (problem === "unknown_key") {
    throw new LedgerProblem(
      number,
      "is signed with a key that is not in RECEIPT_PRIVATE_KEY: keep the public half of a retired key",
    );
  }
}
