/** Reads a ledger file, and refuses one that is not as it was written. */
import { createVerifyText, type VerifyText } from "../crypto/signed_text.ts";
import type { ReceiptKeys } from "../crypto/receipt_keys.ts";
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
  lines: number;
  chain: Chain | null;
}

/**
 * Checks every line of a file before the first is used: half a ledger would pass for a whole one.
 * Throws `LedgerProblem`, and errors of the file system.
 */
export async function checkLedger(
  path: string,
  keys: Pick<ReceiptKeys, "jwks">,
  leniency: Leniency,
): Promise<Checked> {
  const checked: Checked = { lines: 0, chain: null };
  for await (const { chain } of read(path, keys, leniency)) {
    checked.lines++;
    checked.chain = chain;
  }
  return checked;
}

/**
 * The erasures of a file that `checkLedger` has passed, checked again.
 * @param progress is told how many lines were read
 */
export async function* ledgerLines(
  path: string,
  keys: Pick<ReceiptKeys, "jwks">,
  leniency: Leniency,
  progress?: (lines: number) => void,
): AsyncGenerator<ReplayLine> {
  let count = 0;
  for await (const { line } of read(path, keys, leniency)) {
    if (!line) continue;
    yield line;
    if (++count % 1000 === 0) progress?.(count);
  }
}

/** One line with how far the chain is. The trailer brings no `line`. */
interface Step {
  line: ReplayLine | null;
  chain: Chain | null;
}

async function* read(
  path: string,
  keys: Pick<ReceiptKeys, "jwks">,
  { unsigned, withoutTrailer }: Leniency,
): AsyncGenerator<Step> {
  await (await Deno.open(path)).stat(); // a file that is not there is no empty ledger
  const verify = createVerifyText(keys.jwks.keys);
  let chain = noChain;
  let signed: boolean | null = null; // as the first line is, every line has to be
  let number = 0;
  let torn: LedgerProblem | null = null;
  for await (const raw of linesOf(path)) {
    number++;
    if (torn) throw torn;
    let parsed;
    try {
      parsed = parseLine(raw.replace(/\r$/, ""), number);
    } catch (error) {
      if (!withoutTrailer || !(error instanceof LedgerProblem)) throw error;
      torn = error; // the last line may be a part of one
      continue;
    }
    signed ??= parsed.kind !== "unsigned";
    if (parsed.kind === "unsigned") {
      if (signed) throw new LedgerProblem(number, "has no signature");
      if (!unsigned) throw new LedgerProblem(number, "has no signature: is it of version 0.1.0?");
      yield { line: parsed.facts, chain: null };
      continue;
    }
    if (!signed) throw new LedgerProblem(number, "is signed, but the lines before it are not");
    await requireSignature(verify, parsed, number);
    chain = follow(chain, parsed, number);
    yield { line: parsed.kind === "line" ? parsed.line : null, chain };
  }
  if (signed && !chain.trailer && !withoutTrailer) {
    throw new LedgerProblem(number + 1, "is missing: the trailer was cut off, and maybe more");
  }
  if (number === 0) {
    throw new LedgerProblem(
      1,
      "is missing: the file is empty, but a ledger has a trailer at least",
    );
  }
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
