/** The service, or its database, killed under load at any moment: what was acknowledged is there, nothing is half. */
import fc from "fast-check";
import assert from "node:assert/strict";
import { freshSecrets } from "../config.ts";
import { type Database, openDatabase } from "../db/client.ts";
import { answering, freePort, sqldPath, startSqld } from "../tasks/sqld.ts";
import { Browser, goodPassword, openApp, type Service } from "./harness.ts";
import { runs } from "./rounds.ts";
import { tally } from "./tally.ts";

/** What a member asked for and what they were told, in this order. */
interface Life {
  name: string;
  joining: "asked" | "told";
  leaving: "no" | "asked" | "told";
  receipt: string | null;
}

/** Members come, look and mostly leave, until nobody answers any more. */
async function liveOn(service: Service, lives: Life[], prefix: string, stopped: () => boolean) {
  for (let n = 0; !stopped(); n++) {
    const life: Life = { name: `${prefix}${n}`, joining: "asked", leaving: "no", receipt: null };
    lives.push(life);
    try {
      const browser = new Browser(service);
      const { name: user_id } = life;
      const form = { user_id, email: `${user_id}@example.com`, password: goodPassword };
      const joined = await browser.send("POST", "/register", form);
      if (joined.status !== 201) continue;
      life.joining = "told";
      const signedIn = await browser.send("POST", "/login", { user_id, password: goodPassword });
      if (signedIn.status !== 200 || n % 3 === 2) continue;
      life.leaving = "asked";
      const left = await browser.send("DELETE", "/withdrawal", { password: goodPassword });
      if (left.status !== 200) continue;
      life.receipt = left.json.receipt_id;
      life.leaving = "told";
    } catch {
      // cut off in the middle: what was asked may have been done
    }
  }
}

/** Asks the service that is back about everybody. */
async function checkLives(killed: string, kills: number, service: Service, lives: Life[]) {
  for (const { name: user_id, joining, leaving, receipt } of lives) {
    const browser = new Browser(service);
    const { status } = await browser.send("POST", "/login", { user_id, password: goodPassword });
    assert.ok([200, 401].includes(status), `${user_id}: ${status}`);
    if (joining === "told" && leaving === "no") assert.equal(status, 200, `${user_id} had joined`);
    if (leaving !== "told") continue;
    assert.equal(status, 401, `${user_id} had left`);
    const found = await browser.get(`/receipts/${receipt}`);
    assert.equal(found.status, 200, `${user_id} had a receipt`);
    assert.equal(found.json.destroyed[0].count, 1);
  }
  const count = (column: string, n: number) => tally("Kills under load", killed, column, n);
  count("kills", kills);
  count("members under way", lives.length);
  count("joins acknowledged", lives.filter(({ joining }) => joining === "told").length);
  count("withdrawals acknowledged", lives.filter(({ leaving }) => leaving === "told").length);
}

/** Nothing is half done, whatever was under way. */
async function checkRows(db: Database) {
  const results = await db.read([
    "SELECT id FROM sessions WHERE user_id NOT IN (SELECT id FROM users)",
    "SELECT id FROM sign_ins WHERE user_id NOT IN (SELECT id FROM users)",
    "SELECT id FROM users WHERE id IN (SELECT member_id FROM erasures)",
    "SELECT id FROM erasures WHERE remaining <> 0 OR counts IS NULL",
    "SELECT erasure_id FROM erasure_keys",
    "SELECT data_map_id FROM erasures WHERE data_map_id NOT IN (SELECT id FROM data_maps)",
    "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
  ]);
  assert.deepEqual(results.map(({ rows }) => rows.length), results.map(() => 0));
}

const env = {
  ANNYEONG_ENV: "development",
  PASSWORD_COST: "4",
  THROTTLE_SCALE: "1000000",
  ...await freshSecrets("generated"),
};

async function startService(
  folder: string,
  port: number,
): Promise<Service & { kill(): Promise<void> }> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["serve", "-P=start", "main.ts"],
    cwd: new URL("..", import.meta.url),
    env: {
      ...env,
      TURSO_DATABASE_URL: `file:${folder}/test.db`,
      DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const origin = `http://127.0.0.1:${port}`;
  const close = async () => {
    try {
      process.kill("SIGKILL");
    } catch {
      // it has been killed before
    }
    await process.status;
  };
  await answering(`${origin}/readyz`);
  const sql = () => Promise.reject(new Error("it is another process"));
  return { origin, fetch: (request) => fetch(request), sql, close, kill: close };
}

const moments = fc.array(fc.integer({ min: 300, max: 1300 }), { minLength: 3, maxLength: 3 });
const settings = { ...runs<[number[]]>(1), endOnFailure: true };

Deno.test("a service that is killed at any moment has kept what it acknowledged, and nothing half", async () => {
  await fc.assert(
    fc.asyncProperty(moments, async (kills) => {
      const folder = await Deno.makeTempDir({ prefix: "annyeong-crash-" });
      const lives: Life[] = [];
      const port = freePort();
      let service = await startService(folder, port);
      try {
        for (const [round, after] of kills.entries()) {
          let killed = false;
          const members = ["a", "b", "c"].map((one) =>
            liveOn(service, lives, `${one}${round}x`, () => killed)
          );
          await new Promise((resolve) => setTimeout(resolve, after));
          killed = true;
          await service.kill();
          await Promise.all(members);
          service = await startService(folder, port);
        }
        await checkLives("the service", kills.length, service, lives);
      } finally {
        await service.kill();
      }
      const db = await openDatabase({
        url: `file:${folder}/test.db`,
        authToken: undefined,
        timeoutMs: 5000,
      });
      await checkRows(db);
      db.close();
      assert.ok(
        lives.some(({ leaving }) => leaving === "told"),
        "somebody had left before the end",
      );
      await Deno.remove(folder, { recursive: true });
    }),
    settings,
  );
});

Deno.test({
  name: "a database that is killed at any moment has kept what was acknowledged, and nothing half",
  ignore: !sqldPath(),
  async fn() {
    await fc.assert(
      fc.asyncProperty(moments, async (kills) => {
        const folder = await Deno.makeTempDir({ prefix: "annyeong-sqld-" });
        const port = freePort();
        let sqld = await startSqld(folder, port);
        const app = await openApp({
          env: {
            TURSO_DATABASE_URL: sqld.url,
            THROTTLE_SCALE: "1000000",
            DATABASE_TIMEOUT_MS: "3000",
          },
        });
        const lives: Life[] = [];
        try {
          for (const [round, after] of kills.entries()) {
            let killed = false;
            const members = ["a", "b", "c"].map((one) =>
              liveOn(app, lives, `${one}${round}x`, () => killed)
            );
            await new Promise((resolve) => setTimeout(resolve, after));
            killed = true;
            await sqld.stop("SIGKILL");
            await Promise.all(members);
            sqld = await startSqld(folder, port);
          }
          await checkLives("the database", kills.length, app, lives);
          await checkRows(app.db);
        } finally {
          await app.close();
          await sqld.stop("SIGKILL");
        }
        assert.ok(
          lives.some(({ leaving }) => leaving === "told"),
          "somebody had left before the end",
        );
        await Deno.remove(folder, { recursive: true });
      }),
      settings,
    );
  },
});
