/** Leaving, each by a fresh member, beside one bare DELETE and better-auth's delete-user. */
import { compare, goalsOf } from "./compare.ts";
import { annyeong } from "./contenders/annyeong.ts";
import { betterAuth, betterAuthNodeSqlite } from "./contenders/better_auth.ts";
import { floor } from "./contenders/floor.ts";
import { asking } from "./load.ts";
import type { Report } from "./table.ts";

/** At least so many a turn, and four for each connection. */
const perTurn = 32;

export async function withdrawals(): Promise<Report> {
  const { speed, memory, turns } = await compare({
    contenders: [floor, annyeong, betterAuth, betterAuthNodeSqlite],
    atOnce: [1, 8, 32],
    rounds: 5,
    async prepare(side, atOnce) {
      const members = await side.newMembers(Math.max(perTurn, 4 * atOnce));
      const acts = members.map((member) => asking(side.contender.leave(member)));
      return { next: () => acts.pop() };
    },
  });
  const goals = goalsOf("withdrawals", turns, { embedded: [0.13, 2.5], sqld: [1.5, 5] });
  return { tables: [speed, memory], goals };
}
