/** How much a proof tries. `ROUNDS` scales it, 100 is the usual; `SEED` repeats what a failure printed. */
import type { Parameters } from "fast-check";
import { tally } from "./tally.ts";

const scale = Number(Deno.env.get("ROUNDS") ?? 100) / 100;
const seed = Deno.env.get("SEED");
const suite = Deno.mainModule.split("/").at(-1)!.replace("_test.ts", "");

export function rounds(usual: number): number {
  return Math.max(1, Math.round(usual * scale));
}

/** Settings for fast-check: a failure prints its seed, and `SEED` takes it. */
export function runs<T>(usual: number): Parameters<T> {
  const numRuns = rounds(usual);
  tally("Generated at random", suite, "properties");
  tally("Generated at random", suite, "inputs", numRuns);
  return { numRuns, ...(seed !== undefined && { seed: Number(seed) }) };
}
