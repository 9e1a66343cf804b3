/** Reads the lines of a ledger file strictly: what passes here can be made a receipt of. */
import * as z from "zod/mini";
import { sha256 } from "../crypto/tokens.ts";
import {
  type ErasureFacts,
  type LedgerLine,
  LedgerProblem,
  type LedgerTrailer,
  lineText,
  type SignedLine,
  signedText,
  trailerText,
} from "./ledger.ts";

const latest = 8.64e15; // the last instant that a Date holds, ms (ECMA-262 21.4.1.1)

const ledgerId = z.string().check(z.regex(/^[0-9a-f]{32}$/));
const words = z.object({ ko: z.string(), en: z.string() });
const count = z.int().check(z.minimum(0), z.maximum(Number.MAX_SAFE_INTEGER));
const instant = z.int().check(z.minimum(-latest), z.maximum(latest));

const described = z.array(z.object({
  disposition: z.enum(["destroy", "anonymise", "keep"]),
  label: words,
  ground: z.nullable(
    z.object({ kind: z.enum(["law", "consent", "claim"]), ko: z.string(), en: z.string() }),
  ),
}));
const recipients = z.array(
  z.object({ name: z.string(), kind: z.enum(["processor", "third_party"]) }),
);
const counts = z.record(
  z.string().check(z.regex(/^\d+$/)),
  z.tuple([count, count, z.nullable(instant)]),
);

/** A text that holds JSON of this shape. */
const jsonOf = (shape: z.ZodMiniType) => z.string().check(z.refine((text) => fits(text, shape)));

const facts = z.object({
  member_id: z.string().check(z.regex(/^[^\p{Cc}]{1,255}$/u)),
  receipt_id: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  erased_at: instant,
  backup_days: z.nullable(z.number().check(z.minimum(0), z.maximum(36_500))),
  recipients: jsonOf(recipients),
  counts: jsonOf(counts),
  data_map_id: z.string(),
  data_map: jsonOf(described),
}).check(
  z.refine(({ data_map, data_map_id }) => sha256(data_map) === data_map_id, {
    path: ["data_map_id"],
  }),
  z.refine(countsFit, { path: ["counts"] }),
);
const chained = z.object({
  v: z.literal(1),
  ledger: ledgerId,
  sequence: count,
  previous: z.string(),
});

const closing = z.object({
  v: z.literal(1),
  ledger: ledgerId,
  count,
  head: z.string(),
  closed_at: instant,
});

/** As version 0.1.0 wrote it: neither chained nor signed. */
export interface UnsignedLine {
  kind: "unsigned";
  facts: ErasureFacts;
}

/** Reads one line of a file. Throws `LedgerProblem` where it is none, or not written as we write it. */
export function parseLine(text: string, number: number): SignedLine | UnsignedLine {
  const value = objectIn(text);
  if (!value) throw new LedgerProblem(number, "is not a line of a ledger");
  if (!("v" in value) && !("signature" in value)) {
    return { kind: "unsigned", facts: read(facts, value, number) };
  }
  const { signature } = value;
  if (typeof signature !== "string" || !/^[\w-]+\.\.[\w-]+$/.test(signature)) {
    throw new LedgerProblem(number, "has no signature");
  }
  const parsed = "count" in value
    ? signedTrailer(read(closing, value, number), signature)
    : signedLine({ ...read(chained, value, number), ...read(facts, value, number) }, signature);
  if (signedText(parsed.text, signature) !== text) {
    throw new LedgerProblem(number, "was edited: it is not written as a ledger writes it");
  }
  return parsed;
}

function signedLine(line: LedgerLine, signature: string): SignedLine {
  return { kind: "line", line, text: lineText(line), signature };
}

function signedTrailer(trailer: LedgerTrailer, signature: string): SignedLine {
  return { kind: "trailer", trailer, text: trailerText(trailer), signature };
}

function read<S extends z.ZodMiniType>(shape: S, value: object, number: number): z.output<S> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const field = String(parsed.error.issues[0]?.path[0] ?? "");
  throw new LedgerProblem(number, `is not a line of a ledger: "${field}" is not valid`);
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function fits(text: string, shape: z.ZodMiniType): boolean {
  try {
    return shape.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

/** A receipt reads a count for each place of the map, and a ground and an end for what was kept. */
function countsFit(line: { counts: string; data_map: string }): boolean {
  if (!fits(line.counts, counts) || !fits(line.data_map, described)) return false;
  const each: z.output<typeof counts> = JSON.parse(line.counts);
  const places: z.output<typeof described> = JSON.parse(line.data_map);
  return places.every(({ ground }, index) => {
    const [, kept, until] = each[index] ?? [0, Infinity, null];
    return kept === 0 || (ground !== null && until !== null);
  });
}
