/** A wall clock that runs ahead erases nobody: real processes, whose clock is set while they run. */
import assert from "node:assert/strict";
import { isTrusted, leapMs, pauseMs } from "../../domain/clock.ts";
import { Browser, newMember, type Service } from "../support/harness.ts";
import { type FakeClock, fakeClock, noFaketime } from "../support/faketime.ts";
import { type ServiceProcess, startService } from "../support/process.ts";
import { taskOn } from "../support/task.ts";

const hour = 3_600_000;
const grace = { WITHDRAWAL_GRACE_DAYS: "7" };

/** Runs a test with a database and a clock of its own, or skips it by name. */
function testWithClock(name: string, test: (folder: string, clock: FakeClock) => Promise<void>) {
  Deno.test({
    name: noFaketime ? `${name} (skipped: ${noFaketime})` : name,
    ignore: noFaketime !== null,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "annyeong-clock-" });
      await test(folder, await fakeClock(folder));
      await Deno.remove(folder, { recursive: true });
    },
  });
}

const start = (folder: string, clock: FakeClock, env: Record<string, string> = grace) =>
  startService(folder, { env: { ...env, ...clock.env }, quickJobs: true });

/** Asks for a withdrawal, and returns its number. */
async function askToLeave(service: Service, name: string): Promise<string> {
  const asked = await (await newMember(service, name)).send("DELETE", "/withdrawal");
  assert.equal(asked.status, 202, asked.text);
  return asked.json.receipt_id;
}

async function isErased(service: Service, receipt: string): Promise<boolean> {
  const { json } = await new Browser(service).get(`/receipts/${receipt}`);
  return json.status !== "scheduled";
}

const readiness = async (service: Service) =>
  (await new Browser(service).get("/readyz/withdrawal")).status;

/** Waits until `condition` holds, for the jobs run twice a second. */
async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!await condition()) {
    assert.ok(performance.now() < end, `not within 30 seconds: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Waits until the jobs have noted the clock in the database. */
const seen = (folder: string, clock: FakeClock) =>
  until("the jobs note the clock", async () => {
    const { json } = await taskOn(folder, ["admin", "clock", "show", "--json"], clock.env);
    return json()[0].seen_at !== "";
  });

/** Longer than two runs of the jobs, also on a machine that is busy. */
const twoRuns = () => new Promise((resolve) => setTimeout(resolve, 3000));

async function logOf(service: ServiceProcess): Promise<string> {
  await service.kill();
  return await service.log;
}

testWithClock(
  "a clock that jumps ahead of a running service erases nobody until an operator accepts it",
  async (folder, clock) => {
    const service = await start(folder, clock);
    const receipt = await askToLeave(service, "hong");
    await seen(folder, clock);
    assert.equal(await readiness(service), 200);

    await clock.set("+30d");
    await twoRuns();
    assert.equal(await isErased(service, receipt), false);
    assert.equal(await readiness(service), 503);
    assert.equal((await new Browser(service).get("/readyz")).status, 200, "sign-in still works");
    await askToLeave(service, "kim"); // members may still leave

    const refused = await taskOn(folder, ["admin", "clock", "accept"], clock.env);
    assert.equal(refused.code, 2, "not without a reason");
    const why = ["--why", "checked with two other clocks"];
    const accepted = await taskOn(folder, ["admin", "clock", "accept", ...why], clock.env);
    assert.equal(accepted.code, 0, accepted.err);
    await until("hong is erased", () => isErased(service, receipt));
    assert.equal(await readiness(service), 200);
    const audit = (await taskOn(folder, ["admin", "audit", "--json"], clock.env)).json();
    assert.deepEqual(audit.map(({ act, why }: Record<string, string>) => [act, why]), [
      ["clock accept", "checked with two other clocks"],
    ]);
    const log = await logOf(service);
    assert.equal(log.match(/"annyeong\.clock","message":"the clock has run ahead/g)?.length, 1);
    assert.match(log, /"annyeong\.health","message":"the clock has run ahead[^"]*set it right/);
    assert.match(log, /the clock is trusted again/);
  },
);

testWithClock(
  "a service that starts with a clock far ahead erases and sweeps nothing, and goes on when it is right",
  async (folder, clock) => {
    const first = await start(folder, clock);
    const receipt = await askToLeave(first, "hong");
    const visitor = new Browser(first);
    await visitor.send("POST", "/login", { user_id: "nobody", password: "wrong" }); // an attempt
    await seen(folder, clock);
    await first.kill();

    await clock.set("+400d");
    const second = await start(folder, clock);
    await twoRuns();
    assert.equal(await isErased(second, receipt), false);
    assert.equal(await readiness(second), 503);
    const run = await taskOn(folder, ["jobs"], { ...grace, ...clock.env });
    assert.equal(run.code, 1, "a timer's unit fails in sight");
    assert.match(run.err, /the clock has run ahead.*admin clock accept --why/);
    assert.doesNotMatch(await logOf(second), /"job":"(erasures|sweep)"/);

    await clock.set("+0");
    const third = await start(folder, clock);
    await until("it is ready", async () => await readiness(third) === 200);
    assert.equal(await isErased(third, receipt), false);
    const { json } = await taskOn(folder, ["admin", "find", "hong", "--json"], clock.env);
    assert.equal(json()[0].name, "hong");
    await third.kill();
  },
);

testWithClock(
  "a night without the service needs no confirmation: what became due is erased",
  async (folder, clock) => {
    const env = { WITHDRAWAL_GRACE_DAYS: "0.5" };
    const first = await start(folder, clock, env);
    const receipt = await askToLeave(first, "hong");
    await seen(folder, clock);
    await first.kill();
    await clock.set("+20h");
    const second = await start(folder, clock, env);
    await until("hong is erased", () => isErased(second, receipt));
    assert.equal(await readiness(second), 200);
    await second.kill();
  },
);

Deno.test("a clock is trusted while it agrees with the monotonic clock or with the database", () => {
  const at = (wall: number, monotonic: number) => ({ wall, monotonic });
  const last = at(1000 * hour, 0);
  const table: [string, boolean, Parameters<typeof isTrusted>][] = [
    ["the first job ever", true, [at(1000 * hour, 0), null, null]],
    ["five seconds later", true, [at(last.wall + 5000, 5000), last, null]],
    ["set back", true, [at(last.wall - 9 * hour, 5000), last, null]],
    ["corrected by a little", true, [at(last.wall + leapMs, 0), last, null]],
    ["jumped", false, [at(last.wall + leapMs + 1, 0), last, last.wall]],
    ["jumped, and nothing in the database", false, [at(last.wall + hour, 0), last, null]],
    ["jumped, and another process agrees", true, [at(last.wall + hour, 0), last, last.wall + hour]],
    ["started after a pause", true, [at(last.wall + pauseMs, 0), null, last.wall]],
    ["started after too long a pause", false, [at(last.wall + pauseMs + 1, 0), null, last.wall]],
    ["both clocks jumped", false, [at(last.wall + 720 * hour, 720 * hour), last, last.wall]],
  ];
  for (const [name, trusted, args] of table) assert.equal(isTrusted(...args), trusted, name);
});
