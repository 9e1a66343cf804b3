import assert from "node:assert/strict";
import { eraseDue } from "../../actions/erase_due.ts";
import { runJobs } from "../../jobs/mod.ts";
import {
  Browser,
  captureLog,
  day,
  join,
  newMember,
  openApp,
  signIn,
  type TestApp,
  withApp,
} from "../support/harness.ts";
import { shopMap, shopTables } from "../support/shop.ts";

const grace = { env: { WITHDRAWAL_GRACE_DAYS: "7" } };
/** Runs the due erasures, then every other job. */
async function jobs(app: TestApp) {
  const run = await eraseDue(app.services, Infinity);
  await runJobs(app.services);
  return run;
}

Deno.test("with a grace period a withdrawal can be restored until its deadline", async () => {
  await withApp(grace, async (app) => {
    const phone = await newMember(app, "hong");
    const laptop = await signIn(app, "hong");
    assert.equal((await phone.get("/withdrawal")).json.grace_days, 7);
    const copy = phone.copy();
    const asked = await phone.send("DELETE", "/withdrawal");
    assert.equal(asked.status, 202);
    const erase_at = new Date(app.clock.now() + 7 * day).toISOString();
    assert.equal(asked.json.erase_at, erase_at);
    assert.match(asked.json.message, /^탈퇴 신청이 접수되었습니다\. 2026년 11월 29일 오후 9:00/);
    assert.match(asked.json.message, /까지 탈퇴를 철회할 수 있으며, 이후 개인정보가 파기됩니다\.$/);
    assert.equal(phone.session, null);
    for (const ended of [copy, laptop]) assert.equal((await ended.get("/userinfo")).status, 401);

    const receipt = `/receipts/${asked.json.receipt_id}`;
    assert.deepEqual((await new Browser(app).get(receipt)).json, {
      receipt_id: asked.json.receipt_id,
      status: "scheduled",
      erase_at,
    });
    assert.equal((await join(app, "hong")).status, 409, "the name stays reserved");

    const back = new Browser(app);
    const login = await back.send("POST", "/login", {
      user_id: "hong",
      password: "correct horse 7",
    });
    assert.deepEqual(login.json.withdrawal, { erase_at });
    for (
      const [method, path] of [
        ["GET", "/userinfo"],
        ["GET", "/userinfo/sessions"],
        ["DELETE", "/userinfo/sessions/x"],
        ["POST", "/userinfo/password"],
        ["DELETE", "/withdrawal"],
        ["POST", "/withdrawal"],
      ]
    ) {
      const body = path === "/userinfo/password"
        ? { current: "x", password: "battery staple 9" }
        : undefined;
      const answer = await back.send(method!, path!, body);
      assert.equal(answer.status, 403, `${method} ${path}`);
      assert.equal(answer.json.code, "withdrawal_pending");
      assert.equal(answer.json.erase_at, erase_at);
    }
    assert.equal((await back.get("/withdrawal")).status, 200);
    assert.equal((await back.get("/userinfo/export")).status, 200);

    app.clock.pass(7 * day - 1);
    const again = await signIn(app, "hong");
    assert.deepEqual((await again.send("POST", "/restoration")).json, {
      message: "탈퇴가 철회되었습니다.",
    });
    assert.equal((await again.get("/userinfo")).status, 200);
    assert.equal((await new Browser(app).get(receipt)).status, 404);
    assert.equal((await again.send("POST", "/restoration")).json.code, "conflict");
    app.clock.pass(day);
    assert.equal((await jobs(app)).due, 0, "a restored member is not erased");
  });
});

Deno.test("at the deadline the job erases, and the number given before leads to the receipt", async () => {
  await withApp(grace, async (app) => {
    const hong = await newMember(app, "hong");
    const { receipt_id } = (await hong.send("DELETE", "/withdrawal")).json;
    app.clock.pass(7 * day - 1);
    assert.equal((await jobs(app)).erased, 0);
    const late = await signIn(app, "hong");
    app.clock.pass(1);
    const refused = await late.send("POST", "/restoration");
    assert.deepEqual(
      [refused.status, refused.json.code],
      [409, "conflict"],
      "the deadline has passed",
    );
    assert.equal((await jobs(app)).erased, 1);
    assert.equal((await late.get("/withdrawal")).status, 401);
    const receipt = (await new Browser(app).get(`/receipts/${receipt_id}`)).json;
    assert.equal(receipt.erased_at, new Date(app.clock.now()).toISOString());
    assert.deepEqual(receipt.destroyed[0], { what: "회원 정보", count: 1 });
    assert.equal((await app.sql("SELECT id FROM users")).length, 0);
    assert.equal((await join(app, "hong")).status, 201);
    assert.equal((await jobs(app)).due, 0);
  });
});

Deno.test("WITHDRAWAL_GRACE_DAYS may be a fraction of a day", async () => {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "0.0001" } }, async (app) => {
    const hong = await newMember(app, "hong");
    const { erase_at } = (await hong.send("DELETE", "/withdrawal")).json;
    assert.equal(Date.parse(erase_at) - app.clock.now(), 8640);
  });
});

Deno.test("a due erasure that a trigger refuses stays due, and is carried out without the trigger", async () => {
  await withApp(grace, async (app) => {
    const hong = await newMember(app, "hong");
    await hong.send("DELETE", "/withdrawal");
    await app.db.write([
      "CREATE TRIGGER veto BEFORE DELETE ON users BEGIN SELECT RAISE(ABORT, 'no'); END",
    ]);
    app.clock.pass(7 * day);
    const refused = await jobs(app);
    assert.deepEqual([refused.due, refused.erased, refused.refused], [1, 0, 1]);
    app.clock.pass(day);
    await captureLog(async () => {
      assert.equal((await new Browser(app).get("/readyz/withdrawal")).status, 503, "overdue");
    });
    await app.db.write(["DROP TRIGGER veto"]);
    assert.equal((await jobs(app)).erased, 1);
    assert.equal((await new Browser(app).get("/readyz/withdrawal")).status, 200);
  });
});

Deno.test("ten workers at once erase each due member once", async () => {
  await withApp({ env: { ...grace.env, THROTTLE_SCALE: "1000" } }, async (app) => {
    for (let n = 0; n < 20; n++) {
      await (await newMember(app, `member${n}`)).send("DELETE", "/withdrawal");
    }
    app.clock.pass(7 * day);
    const runs = await Promise.all(Array.from({ length: 10 }, () => jobs(app)));
    assert.equal(runs.reduce((sum, run) => sum + run.erased, 0), 20);
    assert.equal(runs.reduce((sum, run) => sum + run.refused, 0), 0);
    assert.equal((await app.sql("SELECT id FROM erasures")).length, 20);
    assert.equal((await app.sql("SELECT id FROM users")).length, 0);
  });
});

Deno.test("a member who left cannot join again before the block ends, and the answer does not say why", async () => {
  for (const days of ["0", "7"]) {
    const env = { REJOIN_BLOCK_DAYS: "30", WITHDRAWAL_GRACE_DAYS: days };
    await withApp({ env }, async (app) => {
      const hong = await newMember(app, "hong");
      assert.equal((await hong.get("/withdrawal")).json.rejoin_block_days, 30);
      await hong.send("DELETE", "/withdrawal");
      app.clock.pass(Number(days) * day);
      await jobs(app);
      assert.equal((await app.sql("SELECT id FROM users")).length, 0);
      const [taken] = [await newMember(app, "kim")];
      assert.ok(taken);
      const ordinary = await join(app, "kim");
      const register = (user_id: string, email: string) =>
        new Browser(app).send("POST", "/register", { user_id, email, password: "correct horse 7" });
      for (const [name, email] of [["HONG", "a@b.co"], ["other", "Hong@Example.com"]]) {
        const blocked = await register(name!, email!);
        assert.equal(blocked.status, 409);
        assert.deepEqual(blocked.json, ordinary.json);
      }
      assert.ok(!JSON.stringify(await app.sql("SELECT * FROM rejoin_blocks")).includes("hong"));
      app.clock.pass(30 * day - 1);
      assert.equal((await register("hong", "hong@example.com")).status, 409);
      app.clock.pass(1);
      assert.equal((await register("hong", "hong@example.com")).status, 201);
      await jobs(app);
      assert.equal((await app.sql("SELECT * FROM rejoin_blocks")).length, 0);
    });
  }
});

Deno.test("the sweep deletes expired sessions, sign-ins, attempts and retained rows", async () => {
  await withApp({}, async (app) => {
    await newMember(app, "hong");
    await new Browser(app).send("POST", "/login", { user_id: "hong", password: "wrong" });
    const end = app.clock.now() + 90 * day;
    await app.sql("INSERT INTO retained VALUES ('a', 'r', 's', '{}', '{}', 0, ?, '{}')", [end]);
    await app.sql("INSERT INTO retained VALUES ('b', 'r', 's', '{}', '{}', 0, ?, '{}')", [end + 1]);
    const count = async (table: string) => (await app.sql(`SELECT * FROM ${table}`)).length;
    await jobs(app);
    assert.deepEqual([await count("sessions"), await count("sign_ins"), await count("retained")], [
      1,
      1,
      2,
    ]);
    assert.ok(await count("attempts") > 0);
    app.clock.pass(90 * day);
    await jobs(app);
    assert.deepEqual([await count("sessions"), await count("sign_ins"), await count("retained")], [
      0,
      0,
      1,
    ]);
    assert.equal(await count("attempts"), 0);
  });
});

Deno.test("the sweep deletes expired rejoin blocks, links and settled events, except those on receipts", async () => {
  await withApp({}, async (app) => {
    await newMember(app, "hong");
    const end = app.clock.now() + 90 * day;
    for (const [id, at] of [["a", end], ["b", end + 1]] as const) {
      await app.sql("INSERT INTO rejoin_blocks VALUES (?, ?)", [id, at]);
      await app.sql("INSERT INTO links SELECT ?, 'recovery', id, ?, 0, ?, NULL, NULL FROM users", [
        id,
        id,
        at,
      ]);
      for (const type of ["member.restored", "member.withdrawn"]) {
        await app.sql(
          `INSERT INTO outbox (id, channel, recipient, member_id, receipt_id, type, created_at, status,
            settled_at, next_at, retry_until) VALUES (?, 'webhook', 'r', 'm', 'n', ?, 0, 'confirmed', ?, 0, 0)`,
          [`${id}-${type}`, type, at - 90 * day],
        );
      }
    }
    const left = async (table: string, key = "id") =>
      (await app.sql(`SELECT ${key} AS key FROM ${table} ORDER BY key`)).map(({ key }) => key);
    app.clock.pass(90 * day);
    await jobs(app);
    assert.deepEqual(await left("rejoin_blocks", "identifier"), ["b"]);
    assert.deepEqual(await left("links"), ["b"]);
    assert.deepEqual(await left("outbox"), [
      ...["a-member.withdrawn", "b-member.restored", "b-member.withdrawn"],
    ]);
  });
});

Deno.test("a job that is killed leaves each member whole or erased, and the next job erases the rest", async () => {
  await withApp(grace, async (app) => {
    const members = 1500;
    const numbers =
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${members})`;
    await app.sql(
      `INSERT INTO users (id, name, name_key, email, email_key, joined_at)
       ${numbers} SELECT 'u' || i, 'n' || i, 'n' || i, 'e' || i, 'e' || i, 0 FROM n`,
    );
    await app.sql(
      `INSERT INTO withdrawals (id, user_id, receipt_id, requested_at, erase_at)
       ${numbers} SELECT 'w' || i, 'u' || i, 'r' || i, 0, 1 FROM n`,
    );
    const count = async (table: string) =>
      Number((await app.sql(`SELECT count(*) AS n FROM ${table}`))[0]!.n);
    const worker = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "tests/support/erasure_worker.ts", app.services.config.database.url],
      stdout: "null",
      stderr: "null",
    }).spawn();
    while (await count("erasures") < 100) await new Promise((resolve) => setTimeout(resolve, 5));
    worker.kill("SIGKILL");
    await worker.status;
    const erased = await count("erasures");
    assert.ok(erased < members, `${erased} were erased when it was killed`);
    assert.equal(await count("users"), members - erased, "each is whole, or gone with a line");
    assert.equal(await count("withdrawals"), members - erased);
    assert.equal((await jobs(app)).erased, members - erased);
    assert.equal(await count("users"), 0);
  });
});

Deno.test("with a grace period a trigger that refuses is a conflict, and a schema that does not fit is unavailable", async () => {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "1" } }, async (app) => {
    const hong = await newMember(app, "hong");
    await app.db.write([
      "CREATE TRIGGER veto BEFORE INSERT ON withdrawals BEGIN SELECT RAISE(ABORT, 'no'); END",
    ]);
    assert.equal((await hong.send("DELETE", "/withdrawal")).json.code, "conflict");
    await app.db.write(["DROP TRIGGER veto", "ALTER TABLE reasons RENAME COLUMN day TO days"]);
    const reason = { reason: "other" };
    assert.equal((await hong.send("DELETE", "/withdrawal", reason)).json.code, "unavailable");
    assert.equal((await hong.get("/userinfo")).status, 200);
    await app.db.write(["ALTER TABLE reasons RENAME COLUMN days TO day"]);
    assert.equal((await hong.send("DELETE", "/withdrawal", reason)).status, 202);
  });
});

Deno.test("with a grace period a column that the table lacks stops the request", async () => {
  const tables = shopTables.map((sql) => sql.replace("total INTEGER", "sum INTEGER"));
  await withApp({ map: shopMap, tables, env: { WITHDRAWAL_GRACE_DAYS: "1" } }, async (app) => {
    const hong = await newMember(app, "hong");
    assert.equal((await hong.send("DELETE", "/withdrawal")).json.code, "unavailable");
    assert.equal((await hong.get("/userinfo")).status, 200);
  });
});

Deno.test("GET /withdrawal says when a pending withdrawal is carried out, and nothing before", async () => {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "1" } }, async (app) => {
    const hong = await newMember(app, "hong");
    assert.equal("erase_at" in (await hong.get("/withdrawal")).json, false);
    const { erase_at } = (await hong.send("DELETE", "/withdrawal")).json;
    assert.equal((await (await signIn(app, "hong")).get("/withdrawal")).json.erase_at, erase_at);
  });
});

Deno.test("a rejoin block holds only under the IDENTIFIER_KEY that made it", async () => {
  await withApp({ env: { REJOIN_BLOCK_DAYS: "30" } }, async (app) => {
    await (await newMember(app, "hong")).send("DELETE", "/withdrawal");
    assert.equal((await join(app, "hong")).status, 409);
    const env = {
      TURSO_DATABASE_URL: app.services.config.database.url,
      REJOIN_BLOCK_DAYS: "30",
      IDENTIFIER_KEY: "another key of at least 32 characters",
    };
    const other = await openApp({ env, clock: app.clock });
    assert.equal((await join(other, "hong")).status, 201);
    await other.close();
  });
});
