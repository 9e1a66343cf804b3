/** From hello to goodbye: join, sign in, see, leave, each journey by somebody new. */
import { compare, ratio, stacks } from "./compare.ts";
import { annyeong } from "./contenders/annyeong.ts";
import { betterAuth } from "./contenders/better_auth.ts";
import { type Act, asking } from "./load.ts";
import type { Side } from "./side.ts";
import type { Report } from "./table.ts";

const perTurn = 40;

export function journey(side: Side): Act {
  return async (connection) => {
    const member = await side.newMember(connection);
    await asking(side.contender.see(member))(connection);
    await asking(side.contender.leave(member))(connection);
  };
}

export async function journeys(): Promise<Report> {
  const { speed, turns } = await compare({
    contenders: [annyeong, betterAuth],
    atOnce: [4],
    rounds: 5,
    prepare(side) {
      let left = perTurn;
      return Promise.resolve({ next: () => left-- > 0 ? journey(side) : undefined });
    },
  });
  const times = stacks.map((stack) => ({
    stack,
    "annyeong, times as fast as better-auth":
      Math.round(ratio(turns.get(`${stack} 4`)!, "annyeong", "better-auth") * 100) / 100,
  }));
  return { tables: [speed, times] };
}
