/** Counts the round trips of each request to a database that is 20 ms away, and measures their time. */
import { sqldPath } from "../cli/sqld.ts";
import { rounded, spread } from "./compare.ts";
import type { Connection } from "./connection.ts";
import { annyeong } from "./contenders/annyeong.ts";
import { betterAuth } from "./contenders/better_auth.ts";
import type { Member } from "./contenders/contender.ts";
import { floor } from "./contenders/floor.ts";
import { type FarDatabase, farDatabase } from "./far_database.ts";
import { asking, median } from "./load.ts";
import { Side } from "./side.ts";
import type { Report, Row } from "./table.ts";

const awayMs = 20;
const times = 15;

/** The measurements of one action: round trips and ms. */
type Taken = { trips: number[]; ms: number[] };

/** Returns the section of the report. Without sqld it is empty. */
export async function roundTrips(): Promise<Report> {
  if (!sqldPath()) return { tables: [] };
  const contenders = [floor, annyeong, betterAuth];
  const running = await Promise.all(contenders.map(async (contender) => {
    const far: FarDatabase[] = [];
    const through = (url: string) => far[0] = farDatabase(url, awayMs);
    const side = await Side.open("sqld", contender, { through });
    return { side, far: far[0]!, taken: new Map<string, Taken>() };
  }));
  try {
    for (let time = -1; time < times; time++) { // the first opens connections and is not counted
      for (const { side, far, taken } of running) {
        await oneOfEach(side, far, time < 0 ? null : taken);
      }
    }
  } finally {
    for (const { side } of running) await side.close();
  }

  const oneTrip = median(running[0]!.taken.get("leave")!.ms);
  const rows: Row[] = running.flatMap(({ side, taken }) =>
    [...taken].map(([act, { trips, ms }]) => ({
      contender: side.contender.name,
      act,
      "round trips": spread(trips),
      ms: spread(ms),
      [`ms / ${awayMs}`]: rounded(median(ms) / awayMs),
      "times the floor's one": rounded(median(ms) / oneTrip),
    }))
  );
  const leaving = running[1]!.taken.get("leave")!;
  const goal = `withdrawals, database ${awayMs} ms away: round trips`;
  const goals = [
    { goal, hoped: 2.2, measured: median(leaving.trips), atMost: true },
    { goal: `${goal}, by time`, hoped: 2.2, measured: median(leaving.ms) / awayMs, atMost: true },
    {
      goal: `${goal}, by the time of the floor's one`,
      hoped: 2.2,
      measured: median(leaving.ms) / oneTrip,
      atMost: true,
    },
  ];
  return { tables: [rows], goals };
}

async function oneOfEach(side: Side, far: FarDatabase, taken: Map<string, Taken> | null) {
  const connection: Connection = side.connections[0]!;
  const note = async <T>(act: string, work: () => Promise<T>): Promise<T> => {
    const [before, start] = [far.count, performance.now()];
    const result = await work();
    const ms = performance.now() - start;
    const own = taken?.get(act) ?? { trips: [], ms: [] };
    own.trips.push(far.count - before);
    own.ms.push(ms);
    taken?.set(act, own);
    return result;
  };
  const n = await note("join", () => side.newcomer(connection));
  const member: Member = side.contender.signIn
    ? await note("sign in", () => side.signIn(connection, n))
    : { n, cookie: "" };
  await note("see", () => asking(side.contender.see(member))(connection));
  await note("leave", () => asking(side.contender.leave(member))(connection));
}
