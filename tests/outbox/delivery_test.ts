import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { deliver } from "../../jobs/delivery.ts";
import { runJobs } from "../../jobs/mod.ts";
import { judge, retryForMs } from "../../domain/delivery.ts";
import {
  Browser,
  day,
  minute,
  newMember,
  openApp,
  signIn,
  type TestApp,
} from "../support/harness.ts";
import { embedded, onSqld, type Stack } from "../support/stacks.ts";

const secret = (fill: number) => `whsec_${btoa(String.fromCharCode(...Array(32).fill(fill)))}`;

interface Received {
  id: string;
  signatures: string;
  at: number;
  body: { type: string; timestamp: string; data: { member_id: string; receipt_id: string } };
}

/** A recipient on loopback, written with the reference verifier. `answer` decides each reply. */
function openReceiver(
  secrets: string[],
  answer: (n: number) => Response | Promise<Response>,
) {
  const received: Received[] = [];
  const underWay = new Map<string, number>();
  let overlaps = 0;
  let count = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const text = await request.text();
    const headers = Object.fromEntries(request.headers);
    const body = new Webhook(secrets[0]!).verify(text, headers) as Received["body"];
    for (const key of secrets) new Webhook(key).verify(text, headers);
    assert.deepEqual(Object.keys(body), ["type", "timestamp", "data"]);
    assert.deepEqual(Object.keys(body.data), ["member_id", "receipt_id"]);
    const id = headers["webhook-id"]!;
    assert.match(id, /^[\w-]{22}$/, "no dot in it, and nothing of the member");
    overlaps += underWay.get(id) ?? 0;
    underWay.set(id, 1);
    received.push({
      id,
      signatures: headers["webhook-signature"]!,
      at: Number(headers["webhook-timestamp"]),
      body,
    });
    const reply = await answer(++count);
    underWay.delete(id);
    return reply;
  });
  const { port } = server.addr as Deno.NetAddr;
  return {
    received,
    overlaps: () => overlaps,
    url: `http://127.0.0.1:${port}/hook`,
    close: () => server.shutdown(),
  };
}

function recipients(...list: { name: string; url: string; secret: string }[]) {
  return JSON.stringify(list.map((entry) => ({ ...entry, kind: "processor" })));
}

async function until(app: TestApp, done: () => boolean | Promise<boolean>, step = 10 * minute) {
  for (let round = 0; round < 40 && !(await done()); round++) {
    await runJobs(app.services);
    app.clock.pass(step);
  }
}

// The reference verifier refuses timestamps that are not of now, so these clocks begin there.
const now = async () => {
  const { Clock } = await import("../support/harness.ts");
  return new Clock(Date.now());
};

for (const stack of [embedded, onSqld] satisfies Stack[]) {
  Deno.test({
    name: `${stack.name}: every event arrives, verifiable and in order, and the receipt says so`,
    ignore: stack.skip !== null,
    async fn() {
      const receiver = openReceiver(
        [secret(1), secret(2)],
        () => new Response(null, { status: 204 }),
      );
      const clock = await now();
      const env = {
        RECIPIENTS: recipients({
          name: "mailer",
          url: receiver.url,
          secret: `${secret(1)},${secret(2)}`,
        }),
        WITHDRAWAL_GRACE_DAYS: "0.001",
      };
      const app = await stack.open({ env, clock }) as TestApp;
      const hong = await newMember(app, "hong");
      await hong.send("DELETE", "/withdrawal");
      await (await signIn(app, "hong")).send("POST", "/restoration");
      const { receipt_id } = (await (await signIn(app, "hong")).send("DELETE", "/withdrawal")).json;
      clock.pass(2 * minute);
      await runJobs(app.services);
      await runJobs(app.services);
      const types = receiver.received.map(({ body }) => body.type);
      assert.deepEqual(types, [
        "member.withdrawal_scheduled",
        "member.restored",
        "member.withdrawal_scheduled",
        "member.withdrawn",
      ]);
      assert.equal(receiver.received[0]!.signatures.split(" ").length, 2, "both secrets sign");
      assert.equal(receiver.received.at(-1)!.body.data.receipt_id, receipt_id);
      assert.doesNotMatch(JSON.stringify(receiver.received), /hong/);
      const { recipients: told } = (await new Browser(app).get(`/receipts/${receipt_id}`)).json;
      assert.deepEqual(told, [{
        name: "mailer",
        kind: "processor",
        status: "confirmed",
        confirmed_at: new Date(clock.now()).toISOString(),
      }]);
      await app.close();
      await receiver.close();
    },
  });
}

Deno.test("errors and redirects are tried again under one id, until it is confirmed", async () => {
  const elsewhere = openReceiver([secret(1)], () => new Response(null, { status: 200 }));
  const replies = [
    () => new Response("no", { status: 500 }),
    () => new Response(null, { status: 302, headers: { Location: elsewhere.url } }),
    () => new Response(null, { status: 429, headers: { "Retry-After": "3600" } }),
    () => new Response(null, { status: 200 }),
  ];
  const receiver = openReceiver([secret(1)], (n) => replies[n - 1]!());
  const clock = await now();
  const RECIPIENTS = recipients({ name: "mailer", url: receiver.url, secret: secret(1) });
  const app = await openApp({ env: { RECIPIENTS }, clock });
  const hong = await newMember(app, "hong");
  const { receipt_id } = (await hong.send("DELETE", "/withdrawal")).json;
  const status = async () =>
    (await new Browser(app).get(`/receipts/${receipt_id}`)).json.recipients[0].status;
  for (let tries = 1; tries <= 3; tries++) {
    await runJobs(app.services);
    assert.equal(receiver.received.length, tries);
    await runJobs(app.services);
    assert.equal(receiver.received.length, tries, "nothing is sent before its time");
    assert.equal(await status(), "waiting");
    if (tries === 3) {
      clock.pass(59 * minute);
      await runJobs(app.services);
      assert.equal(receiver.received.length, 3, "Retry-After is heeded");
    }
    clock.pass(tries === 3 ? 2 * minute : 5 * minute);
    if (tries < 3) clock.ms = Math.min(clock.ms, Date.now() + 4 * minute); // the verifier's tolerance
    const [row] = await app.sql("SELECT next_at FROM outbox");
    if (tries < 3) await app.sql("UPDATE outbox SET next_at = ?", [clock.now()]);
    assert.ok(row);
  }
  clock.ms = Date.now();
  await app.sql("UPDATE outbox SET next_at = 0");
  await runJobs(app.services);
  assert.equal(await status(), "confirmed");
  assert.equal(new Set(receiver.received.map(({ id }) => id)).size, 1, "one id across tries");
  assert.equal(elsewhere.received.length, 0, "redirects are not followed");
  await app.close();
  await receiver.close();
  await elsewhere.close();
});

Deno.test("410 stops at once, three days of failure give up, and an operator can send again", async () => {
  for (const [reply, end] of [[410, "refused"], [500, "given_up"]] as const) {
    let mended = false;
    const receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
      return new Response(null, { status: mended ? 200 : reply });
    });
    const url = `http://127.0.0.1:${(receiver.addr as Deno.NetAddr).port}/`;
    const RECIPIENTS = recipients({ name: "mailer", url, secret: secret(1) });
    const app = await openApp({ env: { RECIPIENTS } });
    const hong = await newMember(app, "hong");
    const { receipt_id } = (await hong.send("DELETE", "/withdrawal")).json;
    const status = async () =>
      (await new Browser(app).get(`/receipts/${receipt_id}`)).json.recipients[0].status;
    await until(app, async () => await status() !== "waiting", 6 * 60 * minute);
    assert.equal(await status(), end);
    const [row] = await app.sql("SELECT tries, problem FROM outbox");
    assert.equal(row!.problem, `status ${reply}`);
    assert.ok(end === "refused" ? row!.tries === 1 : Number(row!.tries) > 8, `${row!.tries} tries`);
    mended = true;
    const { reviveDeliveries } = await import("../../db/outbox/deliveries.ts");
    const { insertAudit } = await import("../../db/operate/audit.ts");
    const entry = { operator: "o", host: "h", act: "revive", memberId: null, why: "mended" };
    const audit = insertAudit(entry, app.clock.now());
    assert.equal(await reviveDeliveries(app.db, null, app.clock.now(), audit), 1);
    await runJobs(app.services);
    assert.equal(await status(), "confirmed");
    await app.close();
    await receiver.shutdown();
  }
});

Deno.test("the waits grow, spread, and end after three days", () => {
  const failed = { status: 503, retryAfterMs: null };
  let at = 0;
  const waits: number[] = [];
  for (let tries = 1;; tries++) {
    const outcome = judge(failed, tries, retryForMs, at, 0.5);
    if (outcome.status !== "waiting") break;
    waits.push(outcome.nextAt - at);
    at = outcome.nextAt;
  }
  assert.ok(at > 2 * day && at <= 3 * day);
  assert.deepEqual(waits.toSorted((a, b) => a - b), waits);
  const early = judge(failed, 1, retryForMs, 0, 0);
  const late = judge(failed, 1, retryForMs, 0, 1);
  assert.ok(early.status === "waiting" && late.status === "waiting" && early.nextAt < late.nextAt);
});

Deno.test("a slow recipient delays nobody else", async () => {
  const held: (() => void)[] = [];
  const slow = openReceiver([secret(1)], () =>
    new Promise<Response>((resolve) => {
      held.push(() => resolve(new Response(null, { status: 200 })));
    }));
  const quick = openReceiver([secret(1)], () => new Response(null, { status: 200 }));
  const app = await openApp({
    env: {
      RECIPIENTS: recipients(
        { name: "slow", url: slow.url, secret: secret(1) },
        { name: "quick", url: quick.url, secret: secret(1) },
      ),
      THROTTLE_SCALE: "100",
    },
    clock: await now(),
  });
  for (let n = 0; n < 3; n++) {
    await (await newMember(app, `member${n}`)).send("DELETE", "/withdrawal");
  }
  const run = runJobs(app.services);
  while (quick.received.length < 3 || held.length < 3) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok(slow.received.length > 0);
  held.forEach((release) => release());
  await run;
  await app.close();
  await slow.close();
  await quick.close();
});

Deno.test("ten workers send nothing twice at once, and a dead one's deliveries return", async () => {
  const receiver = openReceiver([secret(1)], async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return new Response(null, { status: 200 });
  });
  const RECIPIENTS = recipients({ name: "mailer", url: receiver.url, secret: secret(1) });
  const clock = await now();
  const app = await openApp({ env: { RECIPIENTS, THROTTLE_SCALE: "100" }, clock });
  for (let n = 0; n < 25; n++) {
    await (await newMember(app, `member${n}`)).send("DELETE", "/withdrawal");
  }
  const [dead] = app.services.config.recipients;
  const { lease } = await import("../../db/outbox/leases.ts");
  const lost = await lease(
    app.db,
    { channel: "webhook", recipient: dead!.name },
    "a lease whose worker died",
    clock.now(),
    5,
  );
  assert.equal(lost.length, 5);
  const work = () => deliver(app.services, dead!, Infinity);
  await Promise.all(Array.from({ length: 10 }, work));
  assert.equal(receiver.received.length, 20, "what is leased is nobody else's");
  clock.pass(minute);
  await Promise.all(Array.from({ length: 10 }, work));
  assert.equal(receiver.received.length, 25);
  assert.equal(new Set(receiver.received.map(({ id }) => id)).size, 25);
  assert.equal(receiver.overlaps(), 0);
  await app.close();
  await receiver.close();
});

Deno.test("a recipient that reads and drops the connection, or does not listen, is tried again", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  let connections = 0;
  const dropping = (async () => {
    for await (const connection of listener) {
      connections++;
      await connection.read(new Uint8Array(4096));
      connection.close();
    }
  })();
  const RECIPIENTS = recipients({
    name: "mailer",
    url: `http://127.0.0.1:${port}/`,
    secret: secret(1),
  });
  const app = await openApp({ env: { RECIPIENTS } });
  await (await newMember(app, "hong")).send("DELETE", "/withdrawal");
  await runJobs(app.services);
  assert.ok(connections > 0);
  const row = async () => (await app.sql("SELECT status, tries, problem, lease FROM outbox"))[0]!;
  assert.deepEqual({ ...await row() }, {
    status: "waiting",
    tries: 1,
    problem: "connection closed",
    lease: null,
  });
  listener.close();
  await dropping;
  app.clock.pass(minute);
  await runJobs(app.services);
  assert.equal((await row()).tries, 2);
  await app.close();
});

Deno.test("killed between the commit and the sending, the service sends when it is back, under the same id", async () => {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-kill-" });
  const { freshSecrets } = await import("../../config/mod.ts");
  const { answering, freePort } = await import("../../cli/sqld.ts");
  const { goodPassword } = await import("../support/harness.ts");
  const received: string[] = [];
  const receiver = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      await request.body?.cancel();
      received.push(request.headers.get("webhook-id")!);
      return new Response(null, { status: 200 });
    },
  );
  const url = `http://127.0.0.1:${(receiver.addr as Deno.NetAddr).port}/`;
  const port = freePort();
  const origin = `http://127.0.0.1:${port}`;
  const env = {
    ...await freshSecrets("generated"),
    ANNYEONG_ENV: "development",
    MAIL_URL: "off",
    PASSWORD_COST: "4",
    TURSO_DATABASE_URL: `file:${folder}/test.db`,
    DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
    RECIPIENTS: recipients({ name: "mailer", url, secret: secret(1) }),
  };
  const start = async () => {
    const process = new Deno.Command(Deno.execPath(), {
      args: ["serve", "-P=start", "main.ts"],
      env,
      stdout: "null",
      stderr: "null",
    }).spawn();
    await answering(`${origin}/healthz`);
    return process;
  };
  let process = await start();
  const service = { origin, fetch, sql: () => Promise.resolve([]), close: () => Promise.resolve() };
  const browser = new Browser(service);
  const form = { user_id: "hong", email: "h@b.co", password: goodPassword };
  assert.equal((await browser.send("POST", "/register", form)).status, 201);
  assert.equal(
    (await browser.send("POST", "/login", { user_id: "hong", password: goodPassword })).status,
    200,
  );
  const left = await browser.send("DELETE", "/withdrawal");
  assert.equal(left.status, 200);
  process.kill("SIGKILL"); // the jobs run every five seconds, so nothing has been sent
  await process.status;
  assert.deepEqual(received, []);
  process = await start();
  for (let n = 0; n < 200 && received.length === 0; n++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(received.length, 1);
  assert.equal((await browser.get("/userinfo")).status, 401);
  for (let n = 0; n < 40; n++) {
    const { recipients: told } = (await browser.get(`/receipts/${left.json.receipt_id}`)).json;
    if (told[0].status === "confirmed") break;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(n < 39, "the receipt tells that it was confirmed");
  }
  process.kill("SIGTERM");
  await process.status;
  await receiver.shutdown();
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name:
    "one of four workers is killed under load: nothing is lost, and nothing is sent by two at once",
  ignore: onSqld.skip !== null,
  async fn() {
    const { openSqld } = await import("../support/stacks.ts");
    const sqld = await openSqld();
    const events = 300;
    const underWay = new Set<string>();
    const counts = new Map<string, number>();
    let overlaps = 0;
    const receiver = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        await request.body?.cancel();
        const id = request.headers.get("webhook-id")!;
        if (underWay.has(id)) overlaps++;
        underWay.add(id);
        await new Promise((resolve) => setTimeout(resolve, 30));
        underWay.delete(id);
        counts.set(id, (counts.get(id) ?? 0) + 1);
        return new Response(null, { status: 200 });
      },
    );
    const url = `http://127.0.0.1:${(receiver.addr as Deno.NetAddr).port}/`;
    const list = recipients({ name: "mailer", url, secret: secret(1) });
    const app = await openApp({ env: { TURSO_DATABASE_URL: sqld.url } });
    await app.sql(`
      INSERT INTO outbox (id, channel, recipient, member_id, receipt_id, type, created_at, next_at, retry_until)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${events})
      SELECT 'd' || i, 'webhook', 'mailer', 'm' || i, 'r' || i, 'member.withdrawn', 0, 0, 9e15 FROM n`);
    const workers = Array.from({ length: 4 }, () =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "tests/support/delivery_worker.ts", sqld.url, list],
        stdout: "null",
        stderr: "null",
      }).spawn());
    const waiting = async () =>
      (await app.sql("SELECT id FROM outbox WHERE status = 'waiting'")).length;
    while (counts.size < events / 4) await new Promise((resolve) => setTimeout(resolve, 10));
    workers[0]!.kill("SIGKILL");
    for (let n = 0; n < 300 && await waiting() > 0; n++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(await waiting(), 0);
    assert.equal(counts.size, events, "nothing is lost");
    assert.equal(overlaps, 0, "nothing is sent by two at the same moment");
    const twice = [...counts.values()].filter((count) => count > 1).length;
    assert.ok(twice <= 10, `${twice} were sent again: no more than the dead worker had under way`);
    for (const worker of workers.slice(1)) worker.kill("SIGKILL");
    await Promise.all(workers.map((worker) => worker.status));
    await app.close();
    await receiver.shutdown();
    await sqld.stop();
  },
});
