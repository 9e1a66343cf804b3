import { type Connection, encode } from "./connection.ts";
import type { Ask } from "./contenders/contender.ts";

/** A stretch of load: how long each act took, sorted, ms; how many failed; and how long all of it took. */
export interface Stretch {
  latencies: number[];
  errors: number;
  seconds: number;
}

/** Something that is done on a connection and timed. Throws when it was not answered well. */
export type Act = (connection: Connection) => Promise<void>;

/** One request, its bytes made before the clock runs. */
export function asking(ask: Ask): Act {
  const request = encode(ask);
  return async (connection) => {
    const { status, body } = await connection.ask(request);
    if (status >= 300) throw new Error(`answered ${status}: ${body}`);
  };
}

/** Every connection does the next act as soon as the last is done, until there is none or time is up. */
export async function load(
  connections: readonly Connection[],
  next: () => Act | undefined,
  limitMs = Infinity,
): Promise<Stretch> {
  const latencies: number[] = [];
  let errors = 0;
  const start = performance.now();
  await Promise.all(connections.map(async (connection) => {
    for (;;) {
      const began = performance.now();
      const act = began - start < limitMs ? next() : undefined;
      if (!act) return;
      try {
        await act(connection);
        latencies.push(performance.now() - began);
      } catch (error) {
        if (errors++ === 0) console.error(String(error));
      }
    }
  }));
  const seconds = (performance.now() - start) / 1000;
  return { latencies: latencies.sort((a, b) => a - b), errors, seconds };
}

/** The value below which so many of a sorted list lie. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
