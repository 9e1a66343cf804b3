/** Every network fault at every database request of every journey: done or not done, and answered so. */
import assert from "node:assert/strict";
import { eraseDue } from "../../actions/erase_due.ts";
import { sqldPath } from "../../cli/sqld.ts";
import {
  type Answer,
  Browser,
  Clock,
  day,
  goodPassword,
  join,
  newMember,
  openApp,
  signIn,
  type TestApp,
} from "../support/harness.ts";
import { type Fault, openProxy, type Proxy } from "../support/proxy.ts";
import { checkLives, checkRows, leave, type Life } from "../support/lives.ts";
import { rounds } from "../support/rounds.ts";
import { openSqld } from "../support/stacks.ts";
import { tally } from "../support/tally.ts";

const newPassword = "battery staple 9";
const recipients = JSON.stringify(["mail", "shop"].map((name) => ({
  name,
  url: "http://127.0.0.1:9/never-called",
  secret: `whsec_${btoa("0123456789abcdefghijklmn")}`,
})));
const lostWords = "처리 결과를 확인하지 못했습니다. 잠시 후 다시 확인해 주세요.";

/** The part of the database that a journey may change. */
interface State {
  users: number;
  sessions: number;
  signIns: number;
  pending: number;
  restored: number;
  ledger: string[];
  deliveries: string[];
  hash: string;
}

/** What a member does once; everything about them is asked by name. */
interface Journey {
  name: string;
  grace?: true;
  /** What is there before. */
  prepare(app: TestApp, name: string): Promise<Browser>;
  act(app: TestApp, browser: Browser, name: string): Promise<Pick<Answer, "status" | "json">>;
  success: number;
  /** What the journey makes of the state. */
  done(before: State): Partial<State>;
  /** Asks afterwards, as the member would, and says whether it was done. */
  ask(app: TestApp, browser: Browser, name: string): Promise<boolean>;
}

const is = (answer: { status: number }, yes: number, no: number) => {
  assert.ok([yes, no].includes(answer.status), `${answer.status} is neither ${yes} nor ${no}`);
  return answer.status === yes;
};
const events = (type: string) => [`mail member.${type} 1`, `shop member.${type} 1`];
const counted = "1 of users, 2 of sessions, left 0";

/** Two devices, so that "all sessions" is more than one. */
async function twoDevices(app: TestApp, name: string): Promise<Browser> {
  const browser = await newMember(app, name);
  await signIn(app, name);
  return browser;
}

const journeys: Journey[] = [
  {
    name: "joining",
    prepare: (app) => Promise.resolve(new Browser(app)),
    act: (app, _, name) => join(app, name),
    success: 201,
    done: () => ({ users: 1 }),
    ask: async (_, browser, name) =>
      is(await browser.send("POST", "/login", { user_id: name, password: goodPassword }), 200, 401),
  },
  {
    name: "signing in",
    prepare: async (app, name) => {
      await join(app, name);
      return new Browser(app);
    },
    act: (_, browser, user_id) =>
      browser.send("POST", "/login", { user_id, password: goodPassword }),
    success: 200,
    done: () => ({ sessions: 1, signIns: 1 }),
    ask: async (_, browser) =>
      browser.session !== null && is(await browser.get("/userinfo"), 200, 401),
  },
  {
    name: "looking at one's record",
    prepare: twoDevices,
    act: (_, browser) => browser.get("/userinfo"),
    success: 200,
    done: () => ({}),
    ask: async (_, browser) => is(await browser.get("/userinfo"), 200, 200),
  },
  {
    name: "changing the password",
    prepare: twoDevices,
    act: (_, browser) =>
      browser.send("POST", "/userinfo/password", { current: goodPassword, password: newPassword }),
    success: 200,
    done: () => ({ sessions: 1, hash: "another" }),
    ask: async (app, _, user_id) =>
      is(
        await new Browser(app).send("POST", "/login", { user_id, password: newPassword }),
        200,
        401,
      ),
  },
  {
    name: "leaving at once",
    prepare: twoDevices,
    act: (_, browser) =>
      browser.send("DELETE", "/withdrawal", { password: goodPassword, reason: "other" }),
    success: 200,
    done: () => ({
      users: 0,
      sessions: 0,
      signIns: 0,
      hash: "",
      ledger: [counted],
      deliveries: events("withdrawn"),
    }),
    ask: async (_, browser) => is(await browser.get("/userinfo"), 401, 200),
  },
  {
    name: "leaving with a grace period",
    grace: true,
    prepare: twoDevices,
    act: (_, browser) => browser.send("DELETE", "/withdrawal", { reason: "other" }),
    success: 202,
    done: () => ({ sessions: 0, pending: 1, deliveries: events("withdrawal_scheduled") }),
    ask: async (_, browser) => is(await browser.get("/userinfo"), 401, 200),
  },
  {
    name: "taking a withdrawal back",
    grace: true,
    prepare: pending,
    act: (_, browser) => browser.send("POST", "/restoration"),
    success: 200,
    done: (before) => ({
      pending: 0,
      restored: 1,
      deliveries: [...before.deliveries, ...events("restored")].toSorted(),
    }),
    ask: async (_, browser) => is(await browser.get("/userinfo"), 200, 403),
  },
  {
    name: "being erased by the clock",
    grace: true,
    prepare: async (app, name) => {
      const browser = await pending(app, name);
      await signIn(app, name);
      app.clock.pass(7 * day);
      return browser;
    },
    async act(app) {
      try {
        const run = await eraseDue(app.services, Infinity);
        return { status: run.erased === 1 ? 200 : 503, json: {} };
      } catch {
        return { status: 503, json: {} };
      }
    },
    success: 200,
    done: (before) => ({
      users: 0,
      sessions: 0,
      signIns: 0,
      pending: 0,
      hash: "",
      ledger: [counted],
      deliveries: [...before.deliveries, ...events("withdrawn")].toSorted(),
    }),
    ask: async (app) => {
      const again = await eraseDue(app.services, Infinity);
      assert.equal(again.refused, 0);
      return again.erased === 0;
    },
  },
  {
    name: "signing out",
    prepare: twoDevices,
    act: (_, browser) => browser.send("POST", "/logout"),
    success: 200,
    done: () => ({ sessions: 1 }),
    ask: async (_, browser) => is(await browser.get("/userinfo"), 401, 200),
  },
];

async function pending(app: TestApp, name: string): Promise<Browser> {
  await (await newMember(app, name)).send("DELETE", "/withdrawal");
  return await signIn(app, name);
}

async function stateOf(app: TestApp): Promise<State> {
  const [counts, ledger, deliveries, halves] = await app.db.read([
    `SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM sessions) AS sessions,
       (SELECT count(*) FROM sign_ins) AS signIns,
       (SELECT count(*) FROM withdrawals WHERE restored_at IS NULL) AS pending,
       (SELECT count(*) FROM withdrawals WHERE restored_at IS NOT NULL) AS restored,
       (SELECT coalesce(max(hash), '') FROM passwords) AS hash`,
    `SELECT counts ->> '$.0[0]' || ' of users, ' || (counts ->> '$.1[0]') || ' of sessions, left ' ||
       remaining AS line FROM erasures`,
    `SELECT recipient || ' ' || type || ' ' || count(*) AS line FROM outbox
     GROUP BY recipient, type ORDER BY line`,
    `SELECT id FROM sessions WHERE user_id NOT IN (SELECT id FROM users)
     UNION ALL SELECT id FROM users WHERE id IN (SELECT member_id FROM erasures)
     UNION ALL SELECT erasure_id FROM erasure_keys`,
  ]);
  assert.deepEqual(halves!.rows.map((row) => row.id), [], "nothing is half done");
  const { users, sessions, signIns, pending, restored, hash } = counts!.rows[0]!;
  return {
    ...{ users, sessions, signIns, pending, restored, hash } as unknown as State,
    ledger: ledger!.rows.map(({ line }) => String(line)),
    deliveries: deliveries!.rows.map(({ line }) => String(line)),
  };
}

/** The state as the journey leaves it; of a changed password only that it changed is known. */
function same(state: State, expected: State, before: State): boolean {
  const hash = state.hash === before.hash ? state.hash : state.hash === "" ? "" : "another";
  const known = before.hash === "" && hash !== "" ? { ...expected, hash } : expected;
  return JSON.stringify({ ...state, hash }) === JSON.stringify({ ...state, ...known });
}

interface Bench {
  proxy: Proxy;
  /** Whose requests are spoiled, and another on the same database that has time to look. */
  app: TestApp;
  calm: TestApp;
}

/** One journey with one fault, from a clean table. Returns how many requests it took. */
async function go(
  { proxy, app, calm }: Bench,
  journey: Journey,
  fault: Fault,
  at: number,
  forGood: boolean,
) {
  const where = `${journey.name}: ${fault} ${forGood ? "from" : "at"} request ${at}`;
  proxy.reset();
  const tables = ["users", "erasures", "outbox", "attempts", "reasons"];
  await calm.db.write(tables.map((table) => `DELETE FROM ${table}`));
  const browser = (await journey.prepare(calm, "hong")).copy(app);
  const before = await stateOf(calm);
  proxy.reset();
  proxy.fault = (n) => n === at || (forGood && n > at) ? fault : "none";
  const answer = await journey.act(app, browser, "hong");
  const requests = proxy.count;
  proxy.reset();

  const after = await stateOf(calm);
  const expected = { ...before, ...journey.done(before) };
  const unchanged = JSON.stringify(after) === JSON.stringify(before);
  const done = same(after, expected, before);
  assert.ok(done || unchanged, `${where}: neither done nor undone: ${JSON.stringify(after)}`);
  const changes = Object.keys(journey.done(before)).length > 0;
  if (answer.status === journey.success) {
    assert.ok(done, `${where}: success was answered, and it is not done`);
  } else {
    assert.equal(answer.status, 503, where);
    const { code, error } = answer.json;
    if (code !== undefined) assert.equal(code, "unavailable");
    const leaving = journey.name.startsWith("leaving");
    if (leaving && error !== lostWords) assert.ok(unchanged, `${where}: it was done, and not told`);
  }
  if (fault === "none" || !forGood) {
    assert.equal(answer.status, journey.success, `${where}: one fault is made up for`);
  }
  if (fault === "lost" && forGood) assert.ok(!changes || unchanged || at > requests, where);
  const [reasons, attempts] = await calm.db.read([
    "SELECT count(*) AS n FROM reasons",
    "SELECT count(DISTINCT id) AS n FROM attempts",
  ]);
  const reasonsLeft = changes && done && journey.name.startsWith("leaving") ? 1 : 0;
  assert.equal(reasons!.rows[0]!.n, reasonsLeft, `${where}: one reason for one act`);
  assert.ok(Number(attempts!.rows[0]!.n) <= 2, `${where}: a try is counted once`);

  if (answer.json.receipt_id && done && changes) {
    const receipt = await new Browser(calm).get(`/receipts/${answer.json.receipt_id}`);
    assert.equal(receipt.status, 200, `${where}: the number that was told leads to the receipt`);
  }
  const said = await journey.ask(calm, browser.copy(calm), "hong");
  // an answer that was lost takes the new cookie with it: the member signs in again
  const cookieLost = journey.name === "signing in" && answer.status !== 200;
  if (changes && !cookieLost) assert.equal(said, done, `${where}: asked afterwards`);
  if (fault !== "none") {
    const kind = `${fault}, ${forGood ? "from then on" : "once"}`;
    const told = answer.status === journey.success ? "success" : "503";
    tally("Faults at each request", journey.name, kind);
    const was = done && (changes || told === "success") ? "done" : "unchanged";
    tally("What was told, and was so", kind, `${told}, ${was}`);
  }
  return requests;
}

Deno.test({
  name: "each network fault at each request leaves an act done or undone, and never half done",
  ignore: !sqldPath(),
  async fn() {
    const sqld = await openSqld();
    const proxy = openProxy(sqld.url);
    const clock = new Clock();
    const open = (grace: boolean, timeoutMs: number) =>
      openApp({
        clock,
        env: {
          TURSO_DATABASE_URL: proxy.url,
          DATABASE_TIMEOUT_MS: `${timeoutMs}`,
          THROTTLE_SCALE: "100000",
          PASSWORD_COST: "1",
          RECIPIENTS: recipients,
          WITHDRAWAL_GRACE_DAYS: grace ? "7" : "0",
        },
      });
    // Where every answer comes in the end there is time; where one never comes it is not waited for long.
    const [patient, patientWithGrace, hasty, hastyWithGrace] = await Promise.all([
      open(false, 20_000),
      open(true, 20_000),
      open(false, 400),
      open(true, 400),
    ]);
    let cases = 0;
    try {
      for (let round = 0; round < rounds(1); round++) {
        for (const journey of journeys) {
          const calm = journey.grace ? patientWithGrace : patient;
          const clean = await go({ proxy, app: calm, calm }, journey, "none", 1, false);
          assert.ok(clean > 0, journey.name);
          for (const fault of ["lost", "cut", "half", "twice", "silent", "gone"] as const) {
            for (let at = 1; at <= clean; at++) {
              for (const forGood of [false, true]) {
                if ((fault === "silent" || fault === "gone") && !forGood) continue; // there is no "once"
                const inHaste = journey.grace ? hastyWithGrace : hasty;
                const app = fault === "silent" ? inHaste : calm;
                await go({ proxy, app, calm }, journey, fault, at, forGood);
                cases++;
              }
            }
          }
        }
      }
    } finally {
      for (const app of [patient, patientWithGrace, hasty, hastyWithGrace]) await app.close();
      proxy.close();
      await sqld.stop();
    }
    assert.ok(cases > 100, `${cases} cases`);
  },
});

Deno.test({
  name: "each fault at a request that many share leaves each of them done or undone, and says so",
  ignore: !sqldPath(),
  async fn() {
    const sqld = await openSqld();
    const proxy = openProxy(sqld.url);
    const env = { THROTTLE_SCALE: "100000", PASSWORD_COST: "1" };
    const open = (timeoutMs: number) =>
      openApp({
        env: { ...env, TURSO_DATABASE_URL: proxy.url, DATABASE_TIMEOUT_MS: `${timeoutMs}` },
      });
    const [app, hasty] = [await open(20_000), await open(400)];
    const many = Array.from({ length: 12 }, (_, n) => n);
    let cases = 0;
    try {
      for (const fault of ["lost", "cut", "half", "twice", "silent", "gone"] as const) {
        // one request reads all sessions, the next ones erase
        for (const at of [1, 2, 3]) {
          for (const forGood of fault === "silent" || fault === "gone" ? [true] : [false, true]) {
            const lives = many.map((n): Life => ({
              name: `${fault}${at}${forGood ? "on" : "once"}${n}`,
              joining: "told",
              leaving: "no",
              receipt: null,
            }));
            const browsers = await Promise.all(
              lives.map(async ({ name }) =>
                (await newMember(app, name)).copy(fault === "silent" ? hasty : app)
              ),
            );
            proxy.reset();
            proxy.fault = (n) => n === at || (forGood && n > at) ? fault : "none";
            await Promise.all(lives.map((life, n) => leave(browsers[n]!, life)));
            assert.ok(proxy.count < many.length, "they share requests");
            proxy.reset();
            if (!forGood) assert.ok(lives.every(({ leaving }) => leaving === "told"), fault);
            await checkLives(app, lives);
            await checkRows(app.db);
            lives.forEach(({ leaving }) =>
              tally("Faults at a shared request", `${fault}, ${forGood ? "on" : "once"}`, leaving)
            );
            cases++;
          }
        }
      }
    } finally {
      for (const one of [app, hasty]) await one.close();
      proxy.close();
      await sqld.stop();
    }
    assert.equal(cases, 30);
  },
});
