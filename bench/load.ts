import type { Connection } from "./connection.ts";

/** A stretch of load: how long each request took, sorted, ms, and how long all of it. */
export interface Stretch {
  latencies: number[];
  seconds: number;
}

/** Every connection sends the next request as soon as the last is answered, until there is none or time is up. */
export async function load(
  connections: readonly Connection[],
  next: () => Uint8Array | undefined,
  limitMs = Infinity,
): Promise<Stretch> {
  const latencies: number[] = [];
  const start = performance.now();
  await Promise.all(connections.map(async (connection) => {
    for (;;) {
      const sent = performance.now();
      const request = sent - start < limitMs ? next() : undefined;
      if (!request) return;
      const { status, body } = await connection.ask(request);
      if (status >= 300) throw new Error(`answered ${status}: ${body}`);
      latencies.push(performance.now() - sent);
    }
  }));
  const seconds = (performance.now() - start) / 1000;
  return { latencies: latencies.sort((a, b) => a - b), seconds };
}

/** The value below which so many of a sorted list lie. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
