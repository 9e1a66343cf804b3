import { sealedLines, sealLedger } from "../db/leaving/ledger.ts";
import { lineText, signedText, trailerText } from "../domain/ledger.ts";
import { detach } from "../crypto/signed_text.ts";
import type { Services } from "./services.ts";

/** A line of the ledger as it stands in a file, without its line break. */
export interface LedgerText {
  /** The ledger's id and the line's number: the same at every try. */
  id: string;
  sequence: number;
  hash: string;
  text: string;
}

/** The signed lines after a number, a page at a time, up to the last erasure at the time of the call. */
export async function* signedLines(
  { db, receiptKeys }: Services,
  after: number,
): AsyncGenerator<LedgerText[]> {
  const { sequence: last } = await sealLedger(db);
  while (after < last) {
    const page = await sealedLines(db, after, last);
    if (page.length === 0) throw new Error(`the ledger has no erasure ${after + 1}`);
    yield await Promise.all(page.map(async ({ line, hash }) => {
      const text = lineText(line);
      const signature = detach(await receiptKeys.signText(text, "erasure-ledger-line"));
      const { ledger, sequence } = line;
      return { id: `${ledger}:${sequence}`, sequence, hash, text: signedText(text, signature) };
    }));
    after = page.at(-1)!.line.sequence;
  }
}

/** The signed trailer of a file that ends with this line. */
export async function signedTrailer(
  { receiptKeys, now }: Services,
  { ledger, sequence, hash }: { ledger: string; sequence: number; hash: string },
): Promise<string> {
  const text = trailerText({ v: 1, ledger, count: sequence, head: hash, closed_at: now() });
  return signedText(text, detach(await receiptKeys.signText(text, "erasure-ledger-trailer")));
}
