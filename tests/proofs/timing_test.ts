/** Whether the time of an answer tells who is a member. Only in the long run, because it measures time. */
import assert from "node:assert/strict";
import { Browser, goodPassword, join, type TestApp } from "../support/harness.ts";
import { lastMail } from "../support/outbox_mails.ts";
import { embedded, onSqld, type Stack } from "../support/stacks.ts";
import { tally } from "../support/tally.ts";

const isLong = Deno.env.has("ROUNDS");
const tries = 200;

/** By name: a request for a member, and the same for nobody. `n` is the number of the try. */
const pairs: Record<string, (visitor: Browser, n: number) => [Work, Work]> = {
  "POST /recovery": (visitor) => [
    () => visitor.send("POST", "/recovery", { user_id: "hong" }),
    () => visitor.send("POST", "/recovery", { user_id: "king" }),
  ],
  "POST /leave": (visitor) => [
    () => visitor.send("POST", "/leave", { email: "hong@example.com" }),
    () => visitor.send("POST", "/leave", { email: "king@example.com" }),
  ],
  "POST /register": (visitor, n) => [
    () => register(visitor, `taken${n}`, "hong@example.com"),
    () => register(visitor, `fresh${n}`, `n${n}@example.com`),
  ],
};

type Work = () => Promise<{ status: number }>;

function register(visitor: Browser, user_id: string, email: string) {
  return visitor.send("POST", "/register", { user_id, email, password: goodPassword });
}

for (const stack of [embedded, onSqld] satisfies Stack[]) {
  for (const [name, pair] of Object.entries(pairs)) {
    Deno.test({
      name: `${stack.name}: ${name} takes as long for a member as for nobody, ${tries} times`,
      ignore: !isLong || stack.skip !== null,
      async fn() {
        const env = {
          MAIL_URL: "app:",
          EMAIL_VERIFICATION: "required",
          THROTTLE_SCALE: "1000000",
          DATABASE_TIMEOUT_MS: "20000",
        };
        const app = await stack.open({ env }) as TestApp;
        try {
          await join(app, "hong");
          await new Browser(app).send("POST", (await lastMail(app, "verification")).path);
          const [member, nobody] = await measure(app, pair);
          const [a, b] = [median(member), median(nobody)];
          const noise = spread([...member, ...nobody]);
          const said = `member ${a.toFixed(2)} ms, nobody ${b.toFixed(2)} ms, quartiles ${
            noise.toFixed(2)
          } ms apart`;
          console.log(`${stack.name} ${name}: ${said}`);
          assert.ok(Math.abs(a - b) < noise, said);
          tally("Answers that were timed", name, stack.name, 2 * tries);
        } finally {
          await app.close();
        }
      },
    });
  }
}

/** The times of both kinds, in turn and in either order. */
async function measure(app: TestApp, pair: typeof pairs[string]): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let n = 0; n < tries + 20; n++) {
    const works = pair(new Browser(app), n);
    for (const kind of n % 2 ? [0, 1] as const : [1, 0] as const) {
      const start = performance.now();
      const { status } = await works[kind]();
      const ms = performance.now() - start;
      assert.ok(status < 300, String(status));
      if (n >= 20) times[kind].push(ms); // the first ones warm up
    }
  }
  return times;
}

function quantile(times: readonly number[], q: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(q * (times.length - 1))]!;
}

function median(times: readonly number[]): number {
  return quantile(times, 0.5);
}

/** How far the quartiles are apart. */
function spread(times: readonly number[]): number {
  return quantile(times, 0.75) - quantile(times, 0.25);
}
