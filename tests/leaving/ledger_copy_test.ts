import assert from "node:assert/strict";
import { checkLedger } from "../../cli/read_ledger.ts";
import { ConfigError } from "../../config/mod.ts";
import { jobsOf } from "../../jobs/mod.ts";
import {
  Browser,
  captureLog,
  goodPassword,
  minute,
  newMember,
  openApp,
  type Service,
  testConfig,
} from "../support/harness.ts";
import { fullDisk } from "../support/disks.ts";
import { startService } from "../support/process.ts";
import { onWorkers } from "../support/stacks.ts";

const strict = { unsigned: false, withoutTrailer: false };

async function leave(service: Service, name: string): Promise<string> {
  const { status, json } = await (await newMember(service, name)).send("DELETE", "/withdrawal");
  assert.equal(status, 200);
  return json.receipt_id;
}

/** Checks a file with the keys that the service publishes. Returns how many erasures are in it. */
async function countIn(path: string, service: Service): Promise<number> {
  const jwks = (await new Browser(service).get("/.well-known/jwks.json")).json;
  return (await checkLedger(path, { jwks }, strict)).chain!.trailer!.count;
}

const ready = (service: Service) => new Browser(service).get("/readyz/withdrawal");

async function until(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(what);
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-copy-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** An endpoint for lines of the ledger, which answers as it is told. */
function openEndpoint(status: (line: { sequence: number }) => number = () => 200) {
  const lines: { sequence: number; receipt_id: string; key: string; text: string }[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const text = await request.text();
    const line = JSON.parse(text);
    const answer = status(line);
    await new Promise((resolve) => setTimeout(resolve, 50)); // so that two could send at once
    const key = request.headers.get("Idempotency-Key") ?? "";
    if (answer === 200) lines.push({ ...line, key, text });
    return new Response(null, { status: answer });
  });
  const url = `http://127.0.0.1:${server.addr.port}/ledger?token=t`;
  return { lines, url, close: () => server.shutdown() };
}

Deno.test("a file at LEDGER_URL has the line before the member has the answer", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/elsewhere/ledger.jsonl`;
    await Deno.mkdir(`${folder}/elsewhere`);
    const service = await startService(folder, {
      env: { LEDGER_URL: `file:${path}` },
      quickJobs: true,
    });
    for (const [n, name] of ["hong", "kim", "lee"].entries()) {
      const receipt = await leave(service, name);
      const text = await Deno.readTextFile(path);
      assert.ok(text.includes(`"receipt_id":"${receipt}"`), name);
      assert.doesNotMatch(text, /hong|kim|lee|example\.com/);
      assert.equal(await countIn(path, service), n + 1);
    }
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    const { status, json } = await ready(service);
    assert.deepEqual([status, json], [200, { status: "ready", ledger: { behind: 0 } }]);
    await service.kill();
  });
});

Deno.test("two services on one database, killed at work, leave no acknowledged erasure out of the file", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/ledger.jsonl`;
    const env = { LEDGER_URL: `file:${path}` };
    const told: string[] = [];
    for (let round = 0; round < 3; round++) {
      const services = [
        await startService(folder, { env, quickJobs: true }),
        await startService(folder, { env, quickJobs: true }),
      ];
      const work = services.map(async (service, n) => {
        for (let count = 0;; count++) told.push(await leave(service, `m${round}x${n}x${count}`));
      });
      const ended = Promise.allSettled(work);
      const before = told.length;
      await until(() => told.length >= before + 12, "nobody leaves");
      await Promise.all(services.map((service) => service.kill()));
      await ended;
    }
    const text = await Deno.readTextFile(path);
    for (const receipt of told) assert.ok(text.includes(`"receipt_id":"${receipt}"`), receipt);
    const service = await startService(folder, { env, quickJobs: true });
    await leave(service, "last");
    const [{ erasures }] = await countErasures(folder);
    assert.equal(await countIn(path, service), erasures);
    assert.ok(erasures! > told.length, "the last one is in it as well");
    await service.kill();
  });
});

async function countErasures(folder: string) {
  const { createClient } = await import("@libsql/client");
  const client = createClient({ url: `file:${folder}/test.db` });
  const { rows } = await client.execute("SELECT count(*) AS erasures FROM erasures");
  client.close();
  return rows as unknown as [{ erasures: number }];
}

Deno.test({
  name: fullDisk.skip
    ? `a full disk at LEDGER_URL (skipped: ${fullDisk.skip})`
    : "a full disk at LEDGER_URL stops no withdrawal, is told, and is made up for",
  ignore: fullDisk.skip !== null,
  async fn() {
    await inFolder(async (folder) => {
      const disk = `${folder}/disk`;
      await Deno.mkdir(disk);
      const env = { LEDGER_URL: `file:${disk}/ledger.jsonl` };
      const service = await startService(folder, {
        env,
        within: fullDisk.within(disk),
        quickJobs: true,
      });
      const inside = `/proc/${service.pid}/root${disk}/ledger.jsonl`;
      await leave(service, "hong");
      const end = fullDisk.begin(service.pid, disk);
      for (const name of ["kim", "lee", "park", "choi"]) await leave(service, name); // 200 each
      const full = await ready(service);
      assert.deepEqual([full.status, full.json.code], [503, "unavailable"]);
      assert.ok(full.json.ledger.behind > 0);
      const jwks = (await new Browser(service).get("/.well-known/jwks.json")).json;
      await checkLedger(inside, { jwks }, strict); // what was there is whole
      await end();
      await until(async () => (await ready(service)).status === 200, "it does not recover");
      assert.equal(await countIn(inside, service), 5);
      await service.kill();
      assert.match(await service.log, /the ledger has no second copy of the last erasures/);
    });
  },
});

Deno.test("a database that was restored without its replay does not touch the file, and is not ready", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/ledger.jsonl`;
    const env = { LEDGER_URL: `file:${path}` };
    const service = await startService(folder, { env, quickJobs: true });
    await leave(service, "hong");
    await service.kill();
    await Deno.copyFile(`${folder}/test.db`, `${folder}/backup.db`);
    await Deno.copyFile(`${folder}/test.db-wal`, `${folder}/backup.db-wal`).catch(() => {});
    const lost = await startService(folder, { env, quickJobs: true });
    await leave(lost, "kim");
    await lost.kill();
    const before = await Deno.readTextFile(path);
    const restored = await startService(folder, {
      env: { ...env, TURSO_DATABASE_URL: `file:${folder}/backup.db` },
    });
    await until(async () => (await ready(restored)).status === 503, "it says that it is ready");
    assert.equal(await Deno.readTextFile(path), before);
    await restored.kill();
    assert.match(await restored.log, /replay it first/);
  });
});

Deno.test("an endpoint gets each line once, in order, from two services, and again what it refused", async () => {
  await inFolder(async (folder) => {
    let failures = 3;
    const endpoint = openEndpoint(({ sequence }) => sequence === 2 && failures-- > 0 ? 500 : 200);
    const env = { LEDGER_URL: endpoint.url };
    const one = await startService(folder, { env, quickJobs: true });
    const two = await startService(folder, { env, quickJobs: true });
    const receipts = [await leave(one, "hong"), await leave(two, "kim"), await leave(one, "lee")];
    await until(() => endpoint.lines.length >= 3, "the lines do not arrive");
    await until(
      async () => (await ready(one)).json.ledger?.behind === 0,
      "readiness does not notice",
    );
    assert.deepEqual(endpoint.lines.map(({ sequence }) => sequence), [1, 2, 3]);
    assert.deepEqual(endpoint.lines.map(({ receipt_id }) => receipt_id), receipts);
    assert.match(endpoint.lines[1]!.key, /^[0-9a-f]{32}:2$/);
    await Promise.all(Array.from({ length: 10 }, (_, n) => leave(n % 2 ? one : two, `guest${n}`)));
    await until(
      async () => (await ready(two)).json.ledger?.behind === 0,
      "the lines of many at once do not arrive",
    );
    assert.deepEqual(
      endpoint.lines.map(({ sequence }) => sequence),
      Array.from({ length: 13 }, (_, n) => n + 1),
    );
    const path = `${folder}/collected.jsonl`;
    await Deno.writeTextFile(path, endpoint.lines.map(({ text }) => `${text}\n`).join(""));
    const jwks = (await new Browser(one).get("/.well-known/jwks.json")).json;
    const { chain } = await checkLedger(path, { jwks }, { ...strict, withoutTrailer: true });
    assert.equal(chain?.count, 13);
    for (const service of [one, two]) await service.kill();
    const logs = await one.log + await two.log;
    assert.doesNotMatch(logs, /token=t/, "the address is a secret");
    await endpoint.close();
  });
});

Deno.test("readiness says how far an endpoint is behind, and is 503 after a minute", async () => {
  const app = await openApp({ env: { LEDGER_URL: "http://127.0.0.1:1/" } });
  const log = await captureLog(async () => {
    await leave(app, "hong");
    const problem = async () =>
      (await app.sql("SELECT problem FROM erasure_ledger_copies"))[0]?.problem ?? null;
    await until(async () => await problem() !== null, "the try is not noted");
    assert.deepEqual((await ready(app)).json, { status: "ready", ledger: { behind: 1 } });
    app.clock.pass(minute + 1);
    const late = await ready(app);
    assert.deepEqual([late.status, late.json.ledger], [503, { behind: 1 }]);
  });
  assert.match(log, /the endpoint did not answer line/);
  assert.match(log, /erasures are missing from the second copy of the ledger/);
  assert.ok(jobsOf(app.services).some(({ name }) => name === "ledger"), "a job tries again");
  await app.close();
});

Deno.test({
  name: onWorkers.skip
    ? `workerd: an endpoint (skipped: ${onWorkers.skip})`
    : "workerd: an endpoint has the line within seconds, without waiting for the cron trigger",
  ignore: onWorkers.skip !== null,
  async fn() {
    const endpoint = openEndpoint();
    const worker = await onWorkers.open({ env: { LEDGER_URL: endpoint.url } });
    const members = await Promise.all(["hong", "kim"].map((name) => newMember(worker, name)));
    const left = await Promise.all(
      members.map((member) => member.send("DELETE", "/withdrawal", { password: goodPassword })),
    );
    assert.deepEqual(left.map(({ status }) => status), [200, 200]);
    await until(() => endpoint.lines.length === 2, "the lines do not arrive");
    assert.deepEqual(endpoint.lines.map(({ sequence }) => sequence), [1, 2]);
    await until(
      async () => (await ready(worker)).json.ledger?.behind === 0,
      "readiness does not notice",
    );
    await worker.close();
    await endpoint.close();
  },
});

Deno.test("LEDGER_URL is a file or HTTPS, and on Workers HTTPS", async () => {
  const { parseConfig } = await import("../../config/mod.ts");
  for (const url of ["ftp://ledger.example/", "file:", "https://a:b@ledger.example/", "/ledger"]) {
    const parse = () => testConfig({ LEDGER_URL: url });
    assert.throws(parse, (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /^LEDGER_URL must be/);
      return true;
    });
  }
  const environment = {
    ANNYEONG_ENV: "development",
    MAIL_URL: "off",
    TURSO_DATABASE_URL: "http://127.0.0.1:8080",
    SESSION_SECRET: "s".repeat(40),
    IDENTIFIER_KEY: "i".repeat(40),
    RECEIPT_PRIVATE_KEY: JSON.stringify(testConfig().receiptKeys),
    LEDGER_URL: "file:/mnt/ledger.jsonl",
  };
  assert.throws(() => parseConfig(environment, "workers"), /LEDGER_URL must be https:\/\//);
  assert.equal(parseConfig(environment, "deno").ledgerUrl, "file:/mnt/ledger.jsonl");
});
