/** From hello to goodbye: join, sign in, see, leave, each journey by somebody new. */
import { compare, goalsOf } from "./compare.ts";
import { annyeong } from "./contenders/annyeong.ts";
import { betterAuth, betterAuthNodeSqlite } from "./contenders/better_auth.ts";
import { floor } from "./contenders/floor.ts";
import { type Act, asking } from "./load.ts";
import type { Side } from "./side.ts";
import type { Report } from "./table.ts";

const turnMs = 1500;

export function journey(side: Side): Act {
  return async (connection) => {
    const member = await side.newMember(connection);
    await asking(side.contender.see(member))(connection);
    await asking(side.contender.leave(member))(connection);
  };
}

export async function journeys(): Promise<Report> {
  const { speed, turns } = await compare({
    contenders: [floor, annyeong, betterAuth, betterAuthNodeSqlite],
    atOnce: [1, 8, 32],
    rounds: 5,
    prepare: (side) => Promise.resolve({ next: () => journey(side), limitMs: turnMs }),
  });
  const goals = goalsOf("journeys", turns, { embedded: [0.1, 2.5], sqld: [0.45, 3.5] });
  return { tables: [speed], goals };
}
