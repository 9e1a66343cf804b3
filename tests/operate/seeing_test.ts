/** What an operator sees: metrics, status, tries of deliveries, throttles, and the log. */
import assert from "node:assert/strict";
import { freePort, sqldPath } from "../../cli/sqld.ts";
import { freshSecrets } from "../../config/mod.ts";
import { runJobs } from "../../jobs/mod.ts";
import { startService } from "../support/process.ts";
import {
  Browser,
  captureLog,
  Clock,
  day,
  join,
  minute,
  newMember,
  openApp,
  type Service,
  type TestApp,
} from "../support/harness.ts";
import { embedded, onSqld, onWorkers, openSqld, type Stack } from "../support/stacks.ts";

const secrets = await freshSecrets("generated");
const token = "m".repeat(20) + "0123456789abcdef";
/** Where nobody listens. */
const silent = `http://127.0.0.1:${freePort()}/`;
const secret = `whsec_${btoa("s".repeat(32))}`;

function recipients(...urls: string[]): string {
  return JSON.stringify(urls.map((url, n) => ({ name: `mailer${n}`, url, secret })));
}

/** A recipient on loopback, and what it answers. */
function openRecipient(status: () => number, options: { cert?: string; key?: string } = {}) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, ...options as { cert: string; key: string } },
    () => new Response(null, { status: status() }),
  );
  const { port } = server.addr;
  return { url: `${options.cert ? "https" : "http"}://localhost:${port}/`, server };
}

/** `deno task admin` on the database of an app. */
function adminOf(app: TestApp, env: Record<string, string>) {
  return async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", "admin", ...args],
      env: {
        ...secrets,
        ANNYEONG_ENV: "development",
        MAIL_URL: "off",
        PASSWORD_COST: "4",
        TURSO_DATABASE_URL: app.services.config.database.url,
        NO_COLOR: "1",
        ...env,
      },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    const out = text.decode(stdout);
    return { code, out, err: text.decode(stderr), json: () => JSON.parse(out) };
  };
}

async function scrape(service: Service, authorization = `Bearer ${token}`) {
  return await new Browser(service).get("/metrics", { Authorization: authorization });
}

/** The samples of a scrape by name and labels. Throws where a line is not of the text format 0.0.4. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const typed = new Set<string>();
  assert.ok(text.endsWith("\n"));
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, about] = /^# (HELP|TYPE) (\w+) .+$/.exec(line) ?? [];
    if (kind === "TYPE") typed.add(about!);
    if (kind) continue;
    const [, name, labels = "", value] =
      /^(\w+)(\{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (-?[\d.]+(?:e[+-]?\d+)?)$/.exec(line) ?? [];
    assert.ok(name && typed.has(name), line);
    assert.ok(!samples.has(name + labels), `${line} is there once`);
    samples.set(name + labels, Number(value));
  }
  return samples;
}

for (const stack of [embedded, onSqld, onWorkers] satisfies Stack[]) {
  Deno.test({
    name: stack.skip
      ? `${stack.name}: metrics (skipped: ${stack.skip})`
      : `${stack.name}: /metrics counts what there is in Prometheus text, for the token only`,
    ignore: stack.skip !== null,
    async fn() {
      const quoted = JSON.stringify([{ name: 'a "b"\\', url: silent, secret }]);
      const env = { METRICS_TOKEN: token, WITHDRAWAL_GRACE_DAYS: "7", RECIPIENTS: quoted };
      const service = await stack.open({ env });
      try {
        await newMember(service, "canary");
        const leaving = await newMember(service, "leaver");
        assert.equal((await leaving.send("DELETE", "/withdrawal")).status, 202);
        for (const wrong of ["", "Bearer x", `Basic ${token}`, `Bearer ${token}x`]) {
          const { status, headers, text } = await scrape(service, wrong);
          assert.equal(status, 401, wrong);
          assert.equal(headers.get("WWW-Authenticate"), "Bearer");
          assert.doesNotMatch(text, /annyeong_/);
        }
        const { status, headers, text } = await scrape(service);
        assert.equal(status, 200, text);
        assert.equal(headers.get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
        assert.equal(headers.get("Cache-Control"), "no-store");
        const samples = samplesOf(text);
        assert.equal(samples.get("annyeong_members"), 2);
        assert.equal(samples.get("annyeong_withdrawals_pending"), 1);
        assert.equal(samples.get("annyeong_erasures_total"), 0);
        const label = '{recipient="a \\"b\\"\\\\",status="waiting"}';
        assert.equal(samples.get(`annyeong_deliveries${label}`), 1);
        assert.ok(samples.has("annyeong_clock_skew_seconds"));
        assert.equal(samples.has("annyeong_log_bytes"), stack === embedded);
        assert.doesNotMatch(text, /canary|leaver|example\.com/, "nothing of a person is in it");
      } finally {
        await service.close();
      }
    },
  });
}

Deno.test("/metrics does not exist unless METRICS_TOKEN is set, and reads the database once in five seconds", async () => {
  const off = await openApp();
  assert.equal((await scrape(off)).status, 404);
  await off.close();
  const app = await openApp({ env: { METRICS_TOKEN: token } });
  await join(app, "hong");
  const members = async () => samplesOf((await scrape(app)).text).get("annyeong_members");
  assert.equal(await members(), 1);
  await join(app, "kim");
  assert.equal(await members(), 1, "the same answer again");
  app.clock.pass(5000);
  assert.equal(await members(), 2);
  await app.close();
});

for (const stack of ["embedded", "sqld"]) {
  Deno.test({
    name: `${stack}: admin status tells members, dues, deliveries, the log and the clocks`,
    ignore: stack === "sqld" && !sqldPath(),
    async fn() {
      const sqld = stack === "sqld" ? await openSqld() : null;
      const env = {
        ...secrets,
        WITHDRAWAL_GRACE_DAYS: "1",
        RECIPIENTS: recipients(silent),
        ...(sqld && { TURSO_DATABASE_URL: sqld.url }),
      };
      const clock = new Clock(Date.now() - 2 * day);
      const app = await openApp({ env, clock });
      const admin = adminOf(app, env);
      await newMember(app, "hong");
      const left = await (await newMember(app, "kim")).send("DELETE", "/withdrawal");
      const [{ recipients: [mailer], ...status }] = (await admin("status", "--json")).json();
      const { log_bytes, clock_skew_ms, ...figures } = status;
      assert.deepEqual(figures, {
        members: "2",
        pending: "1",
        erased: "0",
        oldest_due_erasure_at: left.json.erase_at,
        newest_erasure_at: "",
        dead_deliveries: "0",
        throttled_accounts: "0",
      });
      if (stack === "embedded") assert.ok(Number(log_bytes) > 0, "the log is not empty");
      else assert.equal(log_bytes, "");
      assert.ok(Math.abs(Number(clock_skew_ms)) < 5000, clock_skew_ms);
      assert.equal(mailer.name, "mailer0");
      assert.equal(mailer.waiting, "1");
      assert.equal(mailer.oldest_waiting_at, new Date(clock.now()).toISOString());
      const { out } = await admin("status");
      assert.match(out, /^members +2$/m);
      assert.match(out, /^mailer0 +1 /m);
      await app.close();
      await sqld?.stop();
    },
  });
}

for (const stack of [embedded, onSqld] satisfies Stack[]) {
  Deno.test({
    name:
      `${stack.name}: each try of a delivery is kept with what it met, and goes with the delivery`,
    ignore: stack.skip !== null,
    async fn() {
      const folder = await Deno.makeTempDir();
      const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
      const made = await new Deno.Command("openssl", {
        args: ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject].concat([
          ...["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`],
        ]),
        stderr: "null",
      }).output();
      assert.equal(made.code, 0);
      const stranger = openRecipient(() => 204, {
        cert: await Deno.readTextFile(`${folder}/cert.pem`),
        key: await Deno.readTextFile(`${folder}/key.pem`),
      });
      let status = 500;
      const mailer = openRecipient(() => status);
      const env = {
        ...secrets,
        RECIPIENTS: recipients(mailer.url, stranger.url, silent),
      };
      const app = await stack.open({ env, clock: new Clock(Date.now()) }) as TestApp;
      const admin = adminOf(app, env);
      await (await newMember(app, "hong")).send("DELETE", "/withdrawal");
      await runJobs(app.services);
      app.clock.pass(minute);
      status = 410;
      await runJobs(app.services);
      const ids = new Map(
        (await app.sql("SELECT recipient, id FROM outbox")).map((
          row,
        ) => [row.recipient, row.id]),
      );
      const shown = async (name: string) =>
        (await admin("deliveries", "show", String(ids.get(name)), "--json")).json()[0];
      const met = async (name: string) =>
        (await shown(name)).history.map(({ status, cause }: Record<string, string>) =>
          status || cause
        );
      assert.deepEqual(await met("mailer0"), ["500", "410"]);
      assert.deepEqual(await met("mailer1"), ["unknown CA", "unknown CA"]);
      assert.deepEqual(await met("mailer2"), ["connection refused", "connection refused"]);
      const { status: end, history: [first] } = await shown("mailer0");
      assert.equal(end, "refused");
      assert.match(first.ms, /^\d+$/);
      assert.match(first.tried_at, /^\d{4}-.*Z$/);

      const id = String(ids.get("mailer0"));
      status = 204;
      assert.equal((await admin("deliveries", "send", id)).code, 2, "not without a reason");
      const sent = await admin("deliveries", "send", id, "--why", "its endpoint is back", "--json");
      assert.deepEqual(
        { ...sent.json()[0], ms: "" },
        { id, status: "confirmed", answer: "204", ms: "" },
      );
      const again = await admin("deliveries", "send", id, "--why", "again");
      assert.equal(again.code, 1, "it is confirmed");
      assert.deepEqual(await met("mailer0"), ["500", "410", "204"]);
      const lines = (await admin("audit", "--json")).json();
      assert.deepEqual(lines.map(({ act }: { act: string }) => act), ["deliveries send"]);

      await app.sql("DELETE FROM outbox");
      assert.deepEqual(await app.sql("SELECT * FROM delivery_tries"), []);
      await app.close();
      await stranger.server.shutdown();
      await mailer.server.shutdown();
      await Deno.remove(folder, { recursive: true });
    },
  });
}

Deno.test("revive --recipient revives what one recipient lost and leaves the others", async () => {
  const gone = openRecipient(() => 410);
  const env = { ...secrets, RECIPIENTS: recipients(gone.url, `${gone.url}other`) };
  const app = await openApp({ env, clock: new Clock(Date.now()) });
  const admin = adminOf(app, env);
  await (await newMember(app, "hong")).send("DELETE", "/withdrawal");
  await runJobs(app.services);
  const revived = await admin("revive", "--recipient", "mailer1", "--why", "it is back", "--json");
  assert.deepEqual(revived.json(), [{ waiting_again: "1" }]);
  const rows = await app.sql("SELECT recipient, status FROM outbox ORDER BY recipient");
  assert.deepEqual(rows.map(({ status }) => status), ["refused", "waiting"]);
  for (
    const words of [["revive", "x", "--recipient", "y"], ["revive"], ["find", "--account", "x"]]
  ) {
    assert.equal((await admin(...words, "--why", "w")).code, 2, words.join(" "));
  }
  await app.close();
  await gone.server.shutdown();
});

Deno.test("a recipient that fails for ten minutes is one warning, however often it is tried", async () => {
  let status = 503;
  const mailer = openRecipient(() => status);
  const app = await openApp({ env: { RECIPIENTS: recipients(mailer.url) } });
  const warnings = async (minutes: number) => {
    const log = await captureLog(async () => {
      for (let n = 0; n < minutes; n++) {
        await Promise.all([runJobs(app.services), runJobs(app.services)]);
        app.clock.pass(minute);
      }
    });
    return log.split("\n").filter((line) => line.includes("has failed for ten minutes"));
  };
  await (await newMember(app, "hong")).send("DELETE", "/withdrawal");
  const began = new Date(app.clock.now()).toISOString();
  assert.deepEqual(await warnings(10), [], "not before ten minutes");
  const [warning, ...more] = await warnings(50);
  assert.deepEqual(more, []);
  const { level, properties } = JSON.parse(warning!);
  assert.deepEqual({ level, ...properties }, {
    level: "warning",
    recipient: "mailer0",
    since: began,
    problem: "status 503",
  });
  status = 204;
  app.clock.pass(day);
  assert.deepEqual(await warnings(1), []);
  status = 503;
  await (await newMember(app, "kim")).send("DELETE", "/withdrawal");
  assert.equal((await warnings(30)).length, 1, "it recovered, and fails again");
  await app.close();
  await mailer.server.shutdown();
});

Deno.test("a failed sign-in is logged with keyed hashes, which admin throttles lists and lifts", async () => {
  const env = { ...secrets };
  const app = await openApp({ env, clock: new Clock(Date.now()) });
  const admin = adminOf(app, env);
  await join(app, "hong");
  const guess = () =>
    new Browser(app).send("POST", "/login", { user_id: "HONG", password: "wrong horse 1" });
  const log = await captureLog(async () => {
    for (let n = 0; n < 11; n++) await guess();
  });
  const lines = log.split("\n").map((line) => JSON.parse(line).properties);
  assert.equal(lines.at(-1).code, "throttled");
  const [{ account, network }] = lines;
  for (const line of lines) assert.deepEqual([line.account, line.network], [account, network]);
  assert.match(account, /^[\w-]{43}$/);
  assert.notEqual(account, network);
  assert.doesNotMatch(log, /hong|192\.0\.2/i);

  const [row] = (await admin("throttles", "--json")).json();
  assert.deepEqual([row.limit, row.account, row.network, row.tries, row.allowed], [
    ...["pair", account, network, "10", "10"],
  ]);
  const named = (await admin("throttles", "--account", "hong", "--json")).json();
  assert.deepEqual(named.map(({ limit }: { limit: string }) => limit).toSorted(), [
    ...["account", "pair", "pair_day"],
  ]);
  const [unknown] = (await admin("throttles", "--account", "nobody", "--json")).json();
  assert.equal(unknown.tries, "0");
  assert.notEqual(unknown.account, account);

  assert.equal((await admin("throttles", "lift", account)).code, 2, "not without a reason");
  const lifted = await admin(
    "throttles",
    "lift",
    "--account",
    "hong",
    "--why",
    "ticket 1",
    "--json",
  );
  assert.deepEqual(lifted.json(), [{ lifted: account }]);
  assert.equal((await guess()).status, 401, "the account can be tried again");
  assert.equal((await admin("throttles", "lift", network, "--why", "the office")).code, 0);
  const left = await app.sql("SELECT subject FROM attempts");
  assert.deepEqual(left.map(({ subject }) => subject), [`account:${account}`]);
  const nothing = await admin("throttles", "lift", network, "--why", "again");
  assert.equal(nothing.code, 1);
  const dashed = await admin("throttles", "lift", `-${network.slice(1)}`, "--why", "again");
  assert.equal(dashed.code, 1, "a hash that begins with a dash is no option");
  const audit = (await admin("audit", "--json")).json();
  assert.deepEqual(audit.map(({ act }: { act: string }) => act), [
    "throttles lift",
    "throttles lift",
  ]);
  await app.close();
});

Deno.test("a wrong password in a session is logged with its member, and with the hash of its network", async () => {
  const app = await openApp();
  const hong = await newMember(app, "hong");
  const wrong = { current: "wrong horse 1", password: "battery staple 9" };
  const log = await captureLog(async () => {
    await new Browser(app).send("POST", "/login", { user_id: "hong", password: "wrong horse 1" });
    await hong.send("POST", "/userinfo/password", wrong);
    await hong.send("DELETE", "/withdrawal", { password: "wrong horse 1" });
    await hong.get("/userinfo");
  });
  const lines = log.split("\n").map((line) => JSON.parse(line).properties);
  const [login, change, withdrawal, success] = lines;
  assert.ok(login.account && login.network);
  assert.equal(login.member, undefined, "a name that is tried is no member");
  for (const line of [change, withdrawal]) {
    assert.equal(line.network, login.network);
    assert.equal(line.member, success.member);
  }
  assert.equal(success.network, undefined, "a success has none");
  await app.close();
});

Deno.test("with OpenTelemetry on, no span, metric or line holds a path, and each span has its route", async () => {
  const received: { path: string; text: string }[] = [];
  const collector = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      received.push({ path: new URL(request.url).pathname, text: await request.text() });
      return Response.json({});
    },
  );
  const folder = await Deno.makeTempDir();
  const service = await startService(folder, {
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_BLRP_SCHEDULE_DELAY: "100",
      RECIPIENTS: recipients(`${silent}canary?canary`),
    },
  });
  const browser = new Browser(service);
  const canary = "canary".repeat(8).slice(0, 43);
  await browser.get(`/recovery/${canary}?next=canary`);
  await browser.send("POST", `/recovery/${canary}`, { password: "short" });
  await browser.get(`/receipts/${canary}`);
  await browser.get(`/${canary}`);
  await browser.get("/healthz?canary");
  await (await newMember(service, "hong")).send("DELETE", "/withdrawal");
  const spans = () =>
    received.filter(({ path }) => path === "/v1/traces")
      .flatMap(({ text }) => JSON.parse(text).resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ spans }) => spans)
      .map(({ name }) => name);
  const wanted = ["GET /healthz", "POST /login", "DELETE /withdrawal"];
  for (let n = 0; n < 200 && !wanted.every((name) => spans().includes(name)); n++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (const name of wanted) assert.ok(spans().includes(name), `${name} in ${spans()}`);
  await service.close();
  assert.doesNotMatch(JSON.stringify(received), /canary/);
  await collector.shutdown();
  await Deno.remove(folder, { recursive: true });
});
