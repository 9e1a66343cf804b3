/** Seeing one's own record in a session, beside one bare SELECT and better-auth's get-session. */
import { compare, goalsOf } from "./compare.ts";
import { annyeong } from "./contenders/annyeong.ts";
import { betterAuth, betterAuthCached, betterAuthNodeSqlite } from "./contenders/better_auth.ts";
import { floor } from "./contenders/floor.ts";
import { type Act, asking } from "./load.ts";
import type { Side } from "./side.ts";
import type { Report } from "./table.ts";

const members = 200;
const turnMs = 800;

export async function userinfo(): Promise<Report> {
  const requests = new Map<Side, Act[]>();
  const { speed, memory, turns } = await compare({
    contenders: [floor, annyeong, betterAuth, betterAuthNodeSqlite, betterAuthCached],
    atOnce: [1, 8, 32],
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
  const goals = goalsOf("userinfo", turns, { embedded: [0.5, 5.5], sqld: [2, 6] });
  return { tables: [speed, memory], goals };
}
