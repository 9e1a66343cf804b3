/** Measures sign-in with password hashing as in production, by Annyeong's default and by better-auth's. */
import { compare } from "./compare.ts";
import { annyeong } from "./contenders/annyeong.ts";
import { betterAuth } from "./contenders/better_auth.ts";
import type { Contender } from "./contenders/contender.ts";
import { asking } from "./load.ts";
import type { Side } from "./side.ts";
import type { Report } from "./table.ts";

const members = 2;
const turnMs = 1500;

/** A contender with another password cost. An empty cost is better-auth's own scrypt. */
function withCost(contender: Contender, PASSWORD_COST: string): Contender {
  const env = async (url: string) => ({ ...await contender.env(url), PASSWORD_COST });
  return { ...contender, env };
}

/** Returns the section of the report. */
export async function signIn(): Promise<Report> {
  const joined = new Map<Side, number[]>();
  const { speed } = await compare({
    contenders: [withCost(annyeong, "14"), withCost(betterAuth, "")],
    atOnce: [1],
    rounds: 5,
    on: ["embedded"],
    async prepare(side) {
      if (!joined.has(side)) {
        const found = [];
        while (found.length < members) found.push(await side.newcomer(side.connections[0]!));
        joined.set(side, found);
      }
      const acts = joined.get(side)!.map((n) => asking(side.contender.signIn!(n)));
      let at = 0;
      return { next: () => acts[at++ % acts.length], limitMs: turnMs };
    },
  });
  return { tables: [speed] };
}
