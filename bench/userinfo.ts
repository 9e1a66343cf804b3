/** Seeing one's own record in a session, beside one bare SELECT and better-auth's get-session. */
import { compare, ratio, stacks } from "./compare.ts";
import { annyeong } from "./contenders/annyeong.ts";
import { betterAuth, betterAuthCached } from "./contenders/better_auth.ts";
import { floor } from "./contenders/floor.ts";
import { type Act, asking } from "./load.ts";
import type { Side } from "./side.ts";
import type { Report } from "./table.ts";

const members = 200;
const turnMs = 800;

export async function userinfo(): Promise<Report> {
  const requests = new Map<Side, Act[]>();
  const { speed, memory, turns } = await compare({
    contenders: [floor, annyeong, betterAuth, betterAuthCached],
    atOnce: [1, 8],
    rounds: 5,
    async prepare(side) {
      if (!requests.has(side)) {
        const found = await side.newMembers(members);
        requests.set(side, found.map((member) => asking(side.contender.see(member))));
      }
      const own = requests.get(side)!;
      let at = 0;
      return { next: () => own[at++ % own.length], limitMs: turnMs };
    },
  });
  const goals = stacks.map((stack) => ({
    goal: `userinfo, ${stack}: of the floor`,
    hoped: stack === "embedded" ? 0.7 : 0.85,
    measured: ratio(turns.get(`${stack} 8`)!, "annyeong", "floor"),
  }));
  return { tables: [speed, memory], goals };
}
