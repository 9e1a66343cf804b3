/** Leaving, each by a fresh member, beside one bare DELETE and better-auth's delete-user. */
import { compare, ratio, stacks } from "./compare.ts";
import { annyeong } from "./contenders/annyeong.ts";
import { betterAuth } from "./contenders/better_auth.ts";
import { floor } from "./contenders/floor.ts";
import { asking } from "./load.ts";
import type { Report } from "./table.ts";

const perTurn = 80;

export async function withdrawals(): Promise<Report> {
  const { speed, memory, turns } = await compare({
    contenders: [floor, annyeong, betterAuth],
    atOnce: [1, 4],
    rounds: 5,
    async prepare(side) {
      const members = await side.newMembers(perTurn);
      const acts = members.map((member) => asking(side.contender.leave(member)));
      return { next: () => acts.pop() };
    },
  });
  const goals = stacks.flatMap((stack) => {
    const own = turns.get(`${stack} 4`)!;
    const ofFloor = {
      goal: `withdrawals, ${stack}: of the floor`,
      hoped: 0.4,
      measured: ratio(own, "annyeong", "floor"),
    };
    const times = {
      goal: `withdrawals, ${stack}: times better-auth`,
      hoped: stack === "embedded" ? 8 : 6,
      measured: ratio(own, "annyeong", "better-auth"),
    };
    return stack === "embedded" ? [ofFloor, times] : [times];
  });
  return { tables: [speed, memory], goals };
}
