/** Random acts of several members on several devices, compared with a model after each act. */
import fc from "fast-check";
import assert from "node:assert/strict";
import { eraseDue } from "../../actions/erase_due.ts";
import { runJobs } from "../../jobs/mod.ts";
import { type Answer, Browser, day, minute, type TestApp } from "../support/harness.ts";
import { runs } from "../support/rounds.ts";
import { embedded, onSqld, type Stack } from "../support/stacks.ts";
import { tally } from "../support/tally.ts";

const names = ["ann", "bob", "cyd"];
const passwords = ["correct horse 7", "battery staple 9"];
const idleMs = 30 * minute;
const maxMs = 14 * day;
const freshMs = 10 * minute;

const name = fc.constantFrom(...names);
const device = fc.nat(3);
const password = fc.constantFrom(...passwords, "a wrong password");
const step = fc.oneof(
  fc.record({
    act: fc.constant("register" as const),
    name,
    password: fc.constantFrom(...passwords),
  }),
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant("sign in" as const), device, name, password }),
  },
  fc.record({ act: fc.constant("sign out" as const), device }),
  { weight: 2, arbitrary: fc.record({ act: fc.constant("look" as const), device }) },
  fc.record({ act: fc.constant("home" as const), device }),
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant("withdraw" as const),
      device,
      password: fc.option(password),
    }),
  },
  fc.record({ act: fc.constant("restore" as const), device }),
  fc.record({
    act: fc.constant("change password" as const),
    device,
    current: password,
    password: fc.constantFrom(...passwords),
  }),
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant("wait" as const),
      ms: fc.constantFrom(1, 61_000, 9 * minute, 10 * minute, 30 * minute, day, 3 * day, 14 * day),
    }),
  },
  fc.record({ act: fc.constant("jobs" as const) }),
);
/** Withdrawals and restorations near the deadline, which random waits rarely reach. */
const aroundTheDeadline = fc.record({
  device: fc.nat(2),
  ms: fc.constantFrom(0, 1, 3 * day - 1, 3 * day, 3 * day + 1),
  jobs: fc.boolean(),
}).map(({ device, ms, jobs }): Step[] => {
  const credentials = { name: names[device]!, password: passwords[0]! };
  return [
    { act: "register", ...credentials },
    { act: "sign in", device, ...credentials },
    { act: "withdraw", device, password: null },
    { act: "wait", ms },
    { act: "sign in", device, ...credentials },
    ...jobs ? [{ act: "jobs" } as const] : [],
    { act: "restore", device },
  ];
});
const life = fc.array(
  fc.oneof({ weight: 12, arbitrary: step.map((one): Step[] => [one]) }, aroundTheDeadline),
  { minLength: 1, maxLength: 30, size: "max" },
).map((parts) => parts.flat());
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Every member joins and signs in first, so that fewer acts fail for want of a session. */
const beginnings: Step[] = names.flatMap((name, device): Step[] => [
  { act: "register", name, password: passwords[0]! },
  { act: "sign in", device, name, password: passwords[0]! },
]);

interface Member {
  name: string;
  password: string;
  pending: { eraseAt: number; receipt: string } | null;
}
interface Session {
  member: Member;
  authenticatedAt: number;
  expiresAt: number;
}
/** What a device holds: a cookie, whose session may have ended. */
type Cookie = { session: Session; seen: number } | null;

/** What must be true, in plain words. */
class World {
  members = new Set<Member>();
  sessions = new Set<Session>();
  cookies: Cookie[] = [null, null, null, null];
  erased: string[] = [];
  restored: string[] = [];
  now = 0;
  constructor(readonly graceMs: number) {}

  called(name: string): Member | undefined {
    return [...this.members].find((member) => member.name === name);
  }

  /** The live session behind a device's cookie; the cookie goes when there is none. */
  behind(device: number): Session | null {
    const cookie = this.cookies[device];
    const live = cookie && cookie.seen + idleMs > this.now && this.isLive(cookie.session);
    if (!live) this.cookies[device] = null;
    else if (this.now - cookie.seen >= minute) cookie.seen = this.now;
    return live ? cookie.session : null;
  }

  isLive(session: Session): boolean {
    return this.sessions.has(session) && session.expiresAt > this.now;
  }

  open(device: number, member: Member): void {
    const session = { member, authenticatedAt: this.now, expiresAt: this.now + maxMs };
    this.sessions.add(session);
    this.cookies[device] = { session, seen: this.now };
  }

  endAll(member: Member): void {
    for (const session of this.sessions) {
      if (session.member === member) this.sessions.delete(session);
    }
  }

  erase(member: Member, receipt: string): void {
    this.endAll(member);
    this.members.delete(member);
    this.erased.push(receipt);
  }
}

/** What an answer must be: status and code, or status and something of the body. */
function expectAnswer(answer: Answer, status: number, code?: string) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json.code, code, answer.text);
}

async function take(step: Step, world: World, app: TestApp, devices: Browser[]): Promise<void> {
  switch (step.act) {
    case "register": {
      const { name, password } = step;
      const email = `${name}@example.com`;
      const answer = await new Browser(app).send("POST", "/register", {
        user_id: name,
        email,
        password,
      });
      if (world.called(name)) return expectAnswer(answer, 409, "conflict");
      world.members.add({ name, password, pending: null });
      return expectAnswer(answer, 201);
    }
    case "sign in": {
      const { name: user_id, password } = step;
      const answer = await devices[step.device]!.send("POST", "/login", { user_id, password });
      const member = world.called(user_id);
      const cookie = world.cookies[step.device];
      if (member?.password !== password) {
        if (cookie && cookie.seen + idleMs <= world.now) world.cookies[step.device] = null;
        return expectAnswer(answer, 401, "invalid_credentials");
      }
      if (cookie) world.sessions.delete(cookie.session);
      world.open(step.device, member);
      expectAnswer(answer, 200);
      const due = member.pending && { erase_at: iso(member.pending.eraseAt) };
      return assert.deepEqual(answer.json.withdrawal ?? null, due);
    }
    case "sign out": {
      const answer = await devices[step.device]!.send("POST", "/logout");
      const cookie = world.cookies[step.device];
      if (cookie) world.sessions.delete(cookie.session);
      world.cookies[step.device] = null;
      return expectAnswer(answer, 200);
    }
    case "look": {
      const answer = await devices[step.device]!.get("/userinfo");
      const session = world.behind(step.device);
      if (!session) return expectAnswer(answer, 401, "unauthenticated");
      if (session.member.pending) return expectPending(answer, session.member);
      expectAnswer(answer, 200);
      return assert.equal(answer.json.user_id, session.member.name);
    }
    case "home": {
      const answer = await devices[step.device]!.get("/");
      const session = world.behind(step.device);
      expectAnswer(answer, 200);
      return assert.deepEqual(answer.json.member, session && { user_id: session.member.name });
    }
    case "withdraw": {
      const body = step.password === null ? undefined : { password: step.password };
      const answer = await devices[step.device]!.send("DELETE", "/withdrawal", body);
      const session = world.behind(step.device);
      if (!session) return expectAnswer(answer, 401, "unauthenticated");
      const { member } = session;
      if (member.pending) return expectPending(answer, member);
      const fresh = session.authenticatedAt >= world.now - freshMs;
      if (step.password === null && !fresh) {
        return expectAnswer(answer, 403, "confirmation_required");
      }
      if (step.password !== null && step.password !== member.password) {
        return expectAnswer(answer, 403, "confirmation_failed");
      }
      const receipt = answer.json.receipt_id;
      world.cookies[step.device] = null;
      if (world.graceMs === 0) {
        world.erase(member, receipt);
        return expectAnswer(answer, 200);
      }
      world.endAll(member);
      member.pending = { eraseAt: world.now + world.graceMs, receipt };
      expectAnswer(answer, 202);
      return assert.equal(answer.json.erase_at, iso(member.pending.eraseAt));
    }
    case "restore": {
      const answer = await devices[step.device]!.send("POST", "/restoration");
      const session = world.behind(step.device);
      if (!session) return expectAnswer(answer, 401, "unauthenticated");
      const { pending } = session.member;
      if (!pending || pending.eraseAt <= world.now) return expectAnswer(answer, 409, "conflict");
      world.restored.push(pending.receipt);
      session.member.pending = null;
      return expectAnswer(answer, 200);
    }
    case "change password": {
      const { current, password } = step;
      const answer = await devices[step.device]!
        .send("POST", "/userinfo/password", { current, password });
      const session = world.behind(step.device);
      if (!session) return expectAnswer(answer, 401, "unauthenticated");
      const { member } = session;
      if (member.pending) return expectPending(answer, member);
      if (current !== member.password) return expectAnswer(answer, 403, "confirmation_failed");
      world.endAll(member);
      world.open(step.device, member);
      member.password = password;
      return expectAnswer(answer, 200);
    }
    case "wait": {
      app.clock.pass(step.ms);
      world.now = app.clock.now();
      return;
    }
    case "jobs": {
      const due = [...world.members].filter(({ pending }) =>
        pending && pending.eraseAt <= world.now
      );
      const run = await eraseDue(app.services, Infinity);
      assert.deepEqual([run.due, run.erased, run.refused], [due.length, due.length, 0]);
      assert.deepEqual(await runJobs(app.services), { left: false });
      for (const member of due) world.erase(member, member.pending!.receipt);
      return;
    }
  }
}

function expectPending(answer: Answer, { pending }: Member) {
  expectAnswer(answer, 403, "withdrawal_pending");
  assert.equal(answer.json.erase_at, iso(pending!.eraseAt));
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The database is as the model says, to the row. */
async function compare(world: World, app: TestApp) {
  const { now } = world;
  const [members, sessions, pending, ledger, orphans, halves] = (await app.db.read([
    "SELECT name FROM users ORDER BY name",
    {
      sql: `SELECT name, authenticated_at FROM sessions JOIN users ON users.id = user_id
            WHERE expires_at > ? ORDER BY name, authenticated_at`,
      args: [now],
    },
    `SELECT name, erase_at FROM withdrawals JOIN users ON users.id = user_id
     WHERE restored_at IS NULL ORDER BY name`,
    "SELECT receipt_id FROM erasures ORDER BY receipt_id",
    `SELECT id FROM sessions WHERE user_id NOT IN (SELECT id FROM users)
     UNION ALL SELECT id FROM sign_ins WHERE user_id NOT IN (SELECT id FROM users)
     UNION ALL SELECT id FROM withdrawals WHERE user_id NOT IN (SELECT id FROM users)`,
    `SELECT id FROM users WHERE id IN (SELECT member_id FROM erasures)
     UNION ALL SELECT erasure_id FROM erasure_keys
     UNION ALL SELECT id FROM erasures WHERE remaining <> 0 OR counts IS NULL`,
  ])).map(({ rows }) => rows.map((row) => Object.values(row)));
  const all = [...world.members].toSorted((a, b) => a.name < b.name ? -1 : 1);
  assert.deepEqual(members, all.map(({ name }) => [name]));
  assert.deepEqual(
    pending,
    all.flatMap(({ name, pending }) => pending ? [[name, pending.eraseAt]] : []),
  );
  const live = [...world.sessions].filter((session) => world.isLive(session))
    .map(({ member, authenticatedAt }): [string, number] => [member.name, authenticatedAt])
    .toSorted(([a, at], [b, bt]) => a === b ? at - bt : a < b ? -1 : 1);
  assert.deepEqual(sessions, live);
  assert.deepEqual(ledger, world.erased.toSorted().map((receipt) => [receipt]));
  assert.deepEqual([orphans, halves], [[], []]);
}

/** Every number that was given out leads where it should. */
async function compareReceipts(world: World, app: TestApp) {
  const anyone = new Browser(app);
  const follow = async (receipt: string) => {
    const { status, json } = await anyone.get(`/receipts/${receipt}`);
    return status === 200 ? json.status ?? "erased" : status;
  };
  for (const receipt of world.erased) assert.equal(await follow(receipt), "erased");
  for (const receipt of world.restored) assert.equal(await follow(receipt), 404);
  for (const { pending } of world.members) {
    if (pending) assert.equal(await follow(pending.receipt), "scheduled");
  }
}

async function live(app: TestApp, graceMs: number, steps: readonly Step[]) {
  await app.db.write(["DELETE FROM users", "DELETE FROM erasures", "DELETE FROM attempts"]);
  const world = new World(graceMs);
  world.now = app.clock.now();
  const devices = world.cookies.map(() => new Browser(app));
  for (const step of [...beginnings, ...steps]) {
    await take(step, world, app, devices);
    await compare(world, app);
    tally("Steps beside the model", step.act, `grace ${graceMs / day} days`);
    devices.forEach((browser, at) => {
      assert.equal(
        browser.session !== null,
        world.cookies[at] !== null,
        `the cookie of device ${at}`,
      );
    });
  }
  for (const device of devices.keys()) await take({ act: "look", device }, world, app, devices);
  await compareReceipts(world, app);
}

const plans: [Stack, number][] = [[embedded, 50], [onSqld, 12]];
for (const [stack, usual] of plans) {
  for (const graceDays of [0, 3]) {
    Deno.test({
      name:
        `${stack.name}: random acts of members leave the database as the model says, grace ${graceDays} days`,
      ignore: stack.skip !== null,
      async fn() {
        const app = await stack.open({
          env: {
            THROTTLE_SCALE: "1000000",
            PASSWORD_COST: "1",
            DATABASE_TIMEOUT_MS: "20000",
            WITHDRAWAL_GRACE_DAYS: `${graceDays}`,
          },
        }) as TestApp;
        try {
          const lives = fc.asyncProperty(life, (steps) => live(app, graceDays * day, steps));
          await fc.assert(lives, runs(usual));
        } finally {
          await app.close();
        }
      },
    });
  }
}
