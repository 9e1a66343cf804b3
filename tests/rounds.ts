/** How much a proof tries. `ROUNDS` scales it, 100 is the usual; `SEED` repeats what a failure printed. */
import type { Parameters } from "fast-check";

const scale = Number(Deno.env.get("ROUNDS") ?? 100) / 100;
const seed = Deno.env.get("SEED");

export function rounds(usual: number): number {
  return Math.max(1, Math.round(usual * scale));
}

/** Settings for fast-check: a failure prints its seed, and `SEED` takes it. */
export function runs<T>(usual: number): Parameters<T> {
  return { numRuns: rounds(usual), ...(seed !== undefined && { seed: Number(seed) }) };
}
