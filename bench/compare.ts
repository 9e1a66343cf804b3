/** Contenders side by side: the same act in turns, round after round, so that drift hits all alike. */
import { sqldPath } from "../cli/sqld.ts";
import type { Contender } from "./contenders/contender.ts";
import { type Act, load, median, quantile } from "./load.ts";
import { openSides, type Side, type StackName } from "./side.ts";
import type { Goal, Row } from "./table.ts";

/** What one contender did in one round. CPU and memory are those of its processes in that time. */
export interface Turn {
  perSecond: number;
  errors: number;
  p50: number;
  p99: number;
  cpu: number;
  sqldCpu: number;
}

/** The turns of each contender, a turn for each round. */
export type Turns = Map<string, Turn[]>;

export interface Comparison {
  contenders: readonly Contender[];
  /** How many connections ask at once, one number after the other. */
  atOnce: readonly number[];
  rounds: number;
  on?: readonly StackName[];
  /** Makes what one turn does, before its clock runs. */
  prepare(side: Side, atOnce: number): Promise<{ next: () => Act | undefined; limitMs?: number }>;
}

/** Of the command: a section, and a stack. */
export const words = Deno.args.filter((word) => word !== "--");

/** Those that run here, or only the one that the second word names. */
export const stacks = (["embedded", "sqld"] as const).filter((stack) =>
  (stack === "embedded" || sqldPath()) && (words[1] ?? stack) === stack
);

/** Rows of speed and of memory, and the turns they are made from, by stack and requests at once. */
export async function compare(comparison: Comparison) {
  const speed: Row[] = [];
  const memory: Row[] = [];
  const turns = new Map<string, Turns>();
  for (const stack of comparison.on ?? stacks) {
    const sides = await openSides(stack, comparison.contenders);
    try {
      for (const side of sides) await turn(side, comparison, comparison.atOnce.at(-1)!); // warm
      const before = sides.map((side) => side.memoryMiB().now);
      const asked = sides.map(() => 0);
      for (const atOnce of comparison.atOnce) {
        const found: Turns = new Map(sides.map(({ contender }) => [contender.name, []]));
        for (let round = 0; round < comparison.rounds; round++) {
          for (const index of rotated(sides.length, round)) {
            const side = sides[index]!;
            const { requests, ...rest } = await turn(side, comparison, atOnce);
            found.get(side.contender.name)!.push(rest);
            asked[index]! += requests;
          }
        }
        turns.set(`${stack} ${atOnce}`, found);
        speed.push(...speedRows(stack, atOnce, found));
      }
      sides.forEach((side, index) =>
        memory.push(memoryRow(stack, side, before[index]!, asked[index]!))
      );
    } finally {
      for (const side of sides) await side.close();
    }
  }
  return { speed, memory, turns };
}

/** Another one goes first in every round. */
function rotated(length: number, by: number): number[] {
  return Array.from({ length }, (_, index) => (index + by) % length);
}

async function turn(side: Side, { prepare }: Comparison, atOnce: number) {
  const { next, limitMs } = await prepare(side, atOnce);
  const before = side.cpuMs();
  const { latencies, errors, seconds } = await load(
    side.connections.slice(0, atOnce),
    next,
    limitMs,
  );
  const after = side.cpuMs();
  const requests = latencies.length;
  return {
    requests,
    errors,
    perSecond: requests / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    cpu: (after.server - before.server) / requests,
    sqldCpu: (after.sqld - before.sqld) / requests,
  };
}

function speedRows(stack: string, atOnce: number, turns: Turns): Row[] {
  return [...turns].map(([contender, own]) => ({
    stack,
    "at once": atOnce,
    contender,
    "a second": spread(own.map(({ perSecond }) => perSecond)),
    "p50 ms": spread(own.map(({ p50 }) => p50)),
    "p99 ms": spread(own.map(({ p99 }) => p99)),
    "CPU ms each": spread(own.map(({ cpu }) => cpu)),
    "sqld CPU ms each": stack === "sqld" ? spread(own.map(({ sqldCpu }) => sqldCpu)) : "",
    "of the floor": turns.has("floor") && contender !== "floor"
      ? rounded(ratio(turns, contender, "floor"))
      : "",
    errors: own.reduce((sum, { errors }) => sum + errors, 0),
  }));
}

function memoryRow(stack: string, side: Side, before: number, asked: number): Row {
  const { now, peak } = side.memoryMiB();
  return {
    stack,
    contender: side.contender.name,
    requests: asked,
    "RSS first MiB": rounded(before),
    "RSS last MiB": rounded(now),
    "RSS peak MiB": rounded(peak),
    "KiB more per 1000 requests": rounded((now - before) * 1024 / asked * 1000),
  };
}

/** What one contender reaches of two others, as goals: of the floor, and how often better-auth's. */
export function goalsOf(
  act: string,
  turns: Map<string, Turns>,
  hoped: Record<StackName, [ofFloor: number, timesBetterAuth: number]>,
): Goal[] {
  return stacks.flatMap((stack) => {
    const found = turns.get(`${stack} 32`)!;
    const goal = `${act}, ${stack}, 32 at once`;
    const [ofFloor, times] = hoped[stack];
    const own = found.get("annyeong")!;
    const [p50, p99] = [median(own.map(({ p50 }) => p50)), median(own.map(({ p99 }) => p99))];
    return [
      {
        goal: `${goal}: of the floor`,
        hoped: ofFloor,
        measured: ratio(found, "annyeong", "floor"),
        byCpu: cpuRatio(found, "annyeong", "floor"),
      },
      {
        goal: `${goal}: times better-auth`,
        hoped: times,
        measured: ratio(found, "annyeong", "better-auth"),
        byCpu: cpuRatio(found, "annyeong", "better-auth"),
      },
      { goal: `${goal}: p99 in p50s`, hoped: 3, measured: p99 / p50, atMost: true },
    ];
  });
}

/** How many times as fast one is as another: the median of what each round says. */
export function ratio(turns: Turns, one: string, other: string): number {
  const others = turns.get(other)!;
  return median(
    turns.get(one)!.map(({ perSecond }, round) => perSecond / others[round]!.perSecond),
  );
}

/** How many times as much CPU another one takes for a request, service and database together. */
function cpuRatio(turns: Turns, one: string, other: string): number {
  const total = (name: string) => median(turns.get(name)!.map(({ cpu, sqldCpu }) => cpu + sqldCpu));
  return total(other) / total(one);
}

/** The median of the rounds, and their least and most. */
export function spread(values: readonly number[]): string {
  return `${rounded(median(values))} (${rounded(Math.min(...values))}–${
    rounded(Math.max(...values))
  })`;
}

/** As many digits as mean something. */
export function rounded(value: number): number {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number(value.toFixed(digits));
}
