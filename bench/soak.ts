/** Ten minutes of whole journeys: whether latency or memory creeps up. Runs only by name. */
import { rounded, stacks } from "./compare.ts";
import { annyeong } from "./contenders/annyeong.ts";
import { journey } from "./journeys.ts";
import { load, quantile } from "./load.ts";
import { Side } from "./side.ts";
import type { Report, Row } from "./table.ts";

const minutes = Number(Deno.env.get("SOAK_MINUTES") ?? 10);
const atOnce = 4;

export async function soak(): Promise<Report> {
  const tables: Row[][] = [];
  for (const stack of stacks) {
    const side = await Side.open(stack, annyeong);
    const rows: Row[] = [];
    try {
      while (rows.length < minutes) {
        rows.push({ stack, minute: rows.length + 1, ...await minuteOf(side) });
      }
    } finally {
      await side.close();
    }
    const settled = rows.slice(1); // the first minute compiles
    const slopes = ["p50 ms", "p99 ms", "CPU ms each", "RSS MiB"].map((name): Row => ({
      stack,
      "slope a minute": name,
      of: rounded(slope(settled.map((row) => Number(row[name])))),
      "of its mean": `${rounded(relativeSlope(settled.map((row) => Number(row[name]))) * 100)} %`,
    }));
    tables.push(rows, slopes);
  }
  return { tables };
}

async function minuteOf(side: Side): Promise<Row> {
  const before = side.cpuMs().server;
  const connections = side.connections.slice(0, atOnce);
  const { latencies } = await load(connections, () => journey(side), 60_000);
  const cpu = side.cpuMs().server - before;
  return {
    journeys: latencies.length,
    "p50 ms": rounded(quantile(latencies, 0.5)),
    "p99 ms": rounded(quantile(latencies, 0.99)),
    "CPU ms each": rounded(cpu / latencies.length),
    "RSS MiB": rounded(side.memoryMiB().now),
  };
}

/** Least squares: how much a value rises from one minute to the next. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const center = mean(values);
  const up = values.reduce((sum, value, at) => sum + (at - middle) * (value - center), 0);
  return up / values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
}

function relativeSlope(values: readonly number[]): number {
  return slope(values) / mean(values);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
