/** A database that version 0.1.0 made, brought to the current schema. */
import assert from "node:assert/strict";
import { compactVerify, createLocalJWKSet } from "jose";
import fixture from "../fixtures/0.1.0.json" with { type: "json" };
import { Browser, Clock, day, openApp, signIn, type TestApp } from "../support/harness.ts";

const { members, password } = fixture;

async function withUpgraded(test: (app: TestApp) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-upgrade-" });
  const packed = await Deno.open("tests/fixtures/0.1.0.db.gz");
  const file = await Deno.create(`${folder}/old.db`);
  await packed.readable.pipeThrough(new DecompressionStream("gzip")).pipeTo(file.writable);
  const app = await openApp({
    clock: new Clock(Date.parse(fixture.at)),
    env: {
      ...fixture.secrets,
      PUBLIC_ORIGIN: fixture.origin,
      TURSO_DATABASE_URL: `file:${folder}/old.db`,
    },
  });
  try {
    await test(app);
  } finally {
    await app.close();
    await Deno.remove(folder, { recursive: true });
  }
}

function withCookie(app: TestApp, cookie: string): Browser {
  const browser = new Browser(app);
  browser.cookies.set("annyeong", cookie);
  return browser;
}

Deno.test("after the upgrade members of 0.1.0 are still signed in, sign in again, and leave", async () => {
  await withUpgraded(async (app) => {
    const before = withCookie(app, members.hana.cookie);
    assert.equal((await before.get("/userinfo")).json.user_id, "hana");
    const again = await signIn(app, "hana", password);
    const change = { current: password, password: "battery staple 9" };
    assert.equal((await again.send("POST", "/userinfo/password", change)).status, 200);
    assert.equal((await before.get("/userinfo")).status, 401);
    const left = await again.send("DELETE", "/withdrawal");
    assert.equal(left.status, 200);
    assert.deepEqual(await app.sql("SELECT id FROM users WHERE name = 'hana'"), []);
    assert.equal((await new Browser(app).get(`/receipts/${left.json.receipt_id}`)).status, 200);
  });
});

Deno.test("after the upgrade a receipt of 0.1.0 says what it said, and its signature verifies", async () => {
  await withUpgraded(async (app) => {
    const visitor = new Browser(app);
    const receipt = (await visitor.get(`/receipts/${members.seti.receipt_id}`)).json;
    assert.equal(receipt.receipt, members.seti.receipt);
    assert.equal(receipt.recipients[0].status, "waiting", "the event was carried over");
    const keys = createLocalJWKSet((await visitor.get("/.well-known/jwks.json")).json);
    await compactVerify(members.seti.receipt, keys);
  });
});

Deno.test("after the upgrade a pending withdrawal of 0.1.0 is still pending, and can be taken back", async () => {
  await withUpgraded(async (app) => {
    const { pending_receipt_id, erase_at } = members.duri;
    const scheduled = (await new Browser(app).get(`/receipts/${pending_receipt_id}`)).json;
    assert.deepEqual(scheduled, { receipt_id: pending_receipt_id, status: "scheduled", erase_at });
    const back = await signIn(app, "duri", password);
    assert.equal((await back.send("POST", "/restoration")).status, 200);
    assert.equal((await back.get("/userinfo")).json.user_id, "duri");
  });
});

Deno.test("after the upgrade a recovery link of 0.1.0 still works, once", async () => {
  await withUpgraded(async (app) => {
    const path = `/recovery/${members.nedi.recovery_token}`;
    const visitor = new Browser(app);
    const chosen = { password: "battery staple 9" };
    assert.equal((await visitor.send("POST", path, chosen)).status, 200);
    assert.equal((await visitor.send("POST", path, chosen)).status, 404);
    await signIn(app, "nedi", chosen.password);
    app.clock.pass(day);
  });
});

Deno.test("after the upgrade `users` holds no secret, and no old table is left", async () => {
  await withUpgraded(async (app) => {
    const columns = (await app.sql("SELECT name FROM pragma_table_info('users')"))
      .map(({ name }) => name);
    assert.deepEqual(
      columns,
      [
        "id",
        "name",
        "name_key",
        "email",
        "email_key",
        "rank",
        "joined_at",
        "language",
        "email_verified_at",
      ],
    );
    const [counted] = await app.sql(`
      SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM passwords) AS passwords,
        (SELECT count(*) FROM sqlite_schema WHERE name IN ('recoveries', 'deliveries')) AS old`);
    assert.deepEqual({ ...counted }, { users: 3, passwords: 3, old: 0 });
    assert.equal((await new Browser(app).get("/readyz/withdrawal")).status, 200);
  });
});
