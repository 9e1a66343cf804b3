import assert from "node:assert/strict";
import { createLocalJWKSet, jwtVerify } from "jose";
import { openDatabase } from "../../db/engine/database.ts";
import { exitMigrations, exitMigrationsOf } from "../../db/engine/exit_migrations.ts";
import { migrate } from "../../db/engine/migrate.ts";
import { ownMigrations } from "../../db/engine/own_migrations.ts";
import { dataMap, exitTables } from "../../exit/mod.ts";
import { runJobs } from "../../jobs/mod.ts";
import { createFlaskr, flaskTables, flaskUser, keptPosts } from "../support/flaskr.ts";
import {
  Browser,
  Clock,
  day,
  dump,
  minute,
  type Setup,
  type TestApp,
  withApp,
} from "../support/harness.ts";
import { embedded, onSqld, type Stack, testOnWith } from "../support/stacks.ts";

const password = "correct horse 7";
const clock = new Clock();

function flaskr(options: Parameters<typeof createFlaskr>[1] = {}): Setup {
  const { app, leaving } = createFlaskr(clock.now, options);
  const beside = {
    parts: leaving.parts,
    app: (services: TestApp["services"]) => {
      leaving.open(services);
      return app;
    },
    folder: ".",
  };
  return { beside, tables: flaskTables, clock };
}

async function member(app: TestApp, username: string): Promise<Browser> {
  const browser = new Browser(app);
  await browser.send("POST", "/auth/register", { username, password });
  await browser.send("POST", "/auth/login", { username, password });
  await browser.send("POST", "/create", { title: `by ${username}`, body: "text" });
  return browser;
}

for (const stack of [embedded, onSqld] as Stack[]) {
  testOnWith(
    stack,
    flaskr(),
    "a member of the Flask tutorial leaves in one batch, and the others stay",
    async (service) => {
      const app = service as TestApp;
      const other = await member(app, "byeol");
      const leaver = await member(app, "haneul");
      const second = leaver.copy();

      const preview = await leaver.get("/withdrawal");
      assert.equal(preview.status, 200);
      const counts = preview.json.destroy.map(({ what, count }: Record<string, unknown>) => [
        what,
        count,
      ]);
      assert.deepEqual(counts.filter(([what]: string[]) => /user|posts/.test(what!)), [
        ["user", 1],
        ["posts", 1],
      ]);
      assert.equal(preview.json.confirm, "fresh");
      const exported = await leaver.get("/withdrawal/export");
      assert.deepEqual(exported.json.tables.user, [{ username: "haneul" }]);

      const answer = await leaver.send("DELETE", "/withdrawal");
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.json.message, "회원탈퇴 성공");
      assert.equal(leaver.cookies.size, 0, "the host's cookie is deleted");
      assert.equal((await second.get("/withdrawal")).status, 401);
      assert.deepEqual((await second.get("/")).json, { user: null });

      const jwks = (await other.get("/.well-known/jwks.json")).json;
      const { payload } = await jwtVerify(answer.json.receipt, createLocalJWKSet(jwks));
      assert.equal(payload.jti, answer.json.receipt_id);
      assert.equal((await other.get(`/receipts/${answer.json.receipt_id}`)).status, 200);
      assert.equal((await other.get("/policy")).status, 200);

      const rows = [...(await dump(app)).values()].flat().join("\n");
      assert.ok(!rows.includes("haneul"), rows);
      assert.deepEqual((await other.get("/")).json, { user: "byeol" });
      assert.equal((await app.sql("SELECT id FROM post")).length, 1);
    },
  );
}

Deno.test("beside another sign-in no table of Annyeong's members, sessions or sign-in is made", async () => {
  await withApp(flaskr(), async (app) => {
    const tables = (await app.sql(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )).map(({ name }) => String(name));
    const never = ["users", "sessions", "sign_ins", "passwords", "passkeys", "identities", "links"];
    assert.deepEqual(tables.filter((name) => never.includes(name)), []);
    assert.ok(tables.includes("erasures") && tables.includes("outbox"));
    assert.equal((await new Browser(app).get("/readyz/withdrawal")).status, 200);
    assert.equal((await new Browser(app).get("/login")).status, 404);
    assert.equal((await new Browser(app).get("/userinfo")).status, 404);
  });
});

Deno.test("the schema beside another sign-in has the columns of Annyeong's own", async () => {
  await withApp({}, async (own) => {
    await withApp(flaskr(), async (beside) => {
      for (const { table } of exitTables) {
        const columns = "SELECT name, type, [notnull], pk FROM pragma_table_info(?) ORDER BY cid";
        assert.deepEqual(
          await beside.sql(columns, [table]),
          await own.sql(columns, [table]),
          table,
        );
      }
    });
  });
  const filled = exitMigrationsOf(ownMigrations).filter(({ sql }) => sql !== "");
  assert.deepEqual(exitMigrations, filled, "the list in exit_migrations.ts is complete");
  assert.ok(exitMigrations.every(({ sql }) => !/\b(TABLE|REFERENCES|FROM|INTO) users\b/.test(sql)));
});

Deno.test("a sign-in that is not fresh is asked for the password, and wrong ones are counted", async () => {
  await withApp(flaskr(), async (app) => {
    const leaver = await member(app, "haneul");
    clock.pass(11 * minute);
    const asked = await leaver.send("DELETE", "/withdrawal");
    assert.equal(asked.status, 403);
    assert.equal(asked.json.code, "confirmation_required");
    assert.equal(asked.json.confirm, "password");
    for (let n = 0; n < 10; n++) {
      const wrong = await leaver.send("DELETE", "/withdrawal", { password: "wrong" });
      assert.equal(wrong.json.code, "confirmation_failed");
    }
    const throttled = await leaver.send("DELETE", "/withdrawal", { password });
    assert.equal(throttled.status, 429);
    clock.pass(16 * minute);
    assert.equal((await leaver.send("DELETE", "/withdrawal", { password })).status, 200);
  });
});

Deno.test("a host without passwords sends a member who is not fresh to its own sign-in", async () => {
  const setup = flaskr({
    host: {
      caller: (request) =>
        Promise.resolve({
          memberId: "1",
          session: "one",
          authenticatedAt: Number(request.headers.get("x-at")),
          source: (since) => ({
            from: "user",
            where: "user.id = :app_id AND :app_at >= :app_since",
            values: {
              app_id: "1",
              app_at: Number(request.headers.get("x-at")),
              app_since: since,
            },
          }),
        }),
    },
  });
  await withApp(setup, async (app) => {
    await app.sql("INSERT INTO user (username, password) VALUES ('haneul', '')");
    const stale = { "x-at": String(clock.now() - day) };
    const browser = new Browser(app);
    const asked = await browser.send("DELETE", "/withdrawal", {}, stale);
    assert.equal(asked.json.confirm, "sign_in", asked.text);
    const page = await browser.get("/withdrawal", { ...stale, Accept: "text/html" });
    assert.match(page.text, /href="\/auth\/login"/);
    assert.doesNotMatch(page.text, /type="password"/);
    const fresh = { "x-at": String(clock.now()) };
    assert.equal((await browser.send("DELETE", "/withdrawal", {}, fresh)).status, 200);
  });
});

Deno.test("with a grace period a member of another system can restore, or is erased by the job", async () => {
  await withApp({ ...flaskr(), env: { WITHDRAWAL_GRACE_DAYS: "7" } }, async (app) => {
    const leaver = await member(app, "haneul");
    const scheduled = await leaver.send("DELETE", "/withdrawal");
    assert.equal(scheduled.status, 202, scheduled.text);
    await leaver.send("POST", "/auth/login", { username: "haneul", password });
    assert.equal((await leaver.send("DELETE", "/withdrawal")).json.code, "withdrawal_pending");
    assert.equal((await leaver.send("POST", "/restoration")).status, 200);
    assert.equal((await leaver.send("POST", "/restoration")).status, 409);
    const again = await leaver.send("DELETE", "/withdrawal");
    assert.equal(again.status, 202);
    clock.pass(8 * day);
    await runJobs(app.services);
    assert.equal((await app.sql("SELECT count(*) AS n FROM user"))[0]!.n, 0);
    assert.equal((await leaver.get(`/receipts/${again.json.receipt_id}`)).status, 200);
  });
});

Deno.test("a table of the host with a name that the exit needs stops the start, and keeps its rows", async () => {
  const db = await openDatabase({ url: "file::memory:", authToken: undefined, timeoutMs: 5000 });
  await db.write(["CREATE TABLE audit (line TEXT)", "INSERT INTO audit VALUES ('mine')"]);
  await assert.rejects(
    migrate(db, 0, exitMigrations),
    /table "audit" is not Annyeong's.*another name/,
  );
  const [rows] = await db.read(["SELECT line FROM audit"]);
  assert.equal(rows!.rows[0]!.line, "mine");
  db.close();
});

Deno.test("a pending withdrawal of a member whom the host deleted itself does not stay due", async () => {
  await withApp({ ...flaskr(), env: { WITHDRAWAL_GRACE_DAYS: "7" } }, async (app) => {
    const leaver = await member(app, "haneul");
    assert.equal((await leaver.send("DELETE", "/withdrawal")).status, 202);
    await app.sql("DELETE FROM post");
    await app.sql("DELETE FROM user");
    clock.pass(8 * day);
    await runJobs(app.services);
    assert.equal((await app.sql("SELECT count(*) AS n FROM withdrawals"))[0]!.n, 0);
    assert.equal((await leaver.get("/readyz/withdrawal")).status, 200);
  });
});

Deno.test("the host's veto leaves everything as it was", async () => {
  await withApp(flaskr(), async (service) => {
    const leaver = await member(service, "haneul");
    const before = await dump(service);
    const host = {
      caller: () =>
        Promise.resolve({
          memberId: "1",
          session: "one",
          authenticatedAt: clock.now(),
          source: () => ({ from: "user", where: "user.id = :app_id", values: { app_id: 1 } }),
        }),
      before: () => Promise.reject(new Error("an open invoice")),
    };
    const vetoing = createFlaskr(clock.now, { host });
    vetoing.leaving.open(service.services);
    const answer = await vetoing.app.request("/withdrawal", { method: "DELETE" });
    assert.equal(answer.status, 500);
    assert.deepEqual(await dump(service), before);
    assert.deepEqual((await leaver.get("/")).json, { user: "haneul" });
  });
});

Deno.test("of two withdrawals at once one wins, and a foreign key that is in the way is named before", async () => {
  await withApp(flaskr(), async (app) => {
    const leaver = await member(app, "haneul");
    const answers = await Promise.all(
      [1, 2].map(() => leaver.copy().send("DELETE", "/withdrawal")),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401]);
  });
  const map = dataMap([...exitTables, flaskUser, keptPosts], { subject: "user.id" });
  await withApp(flaskr({ dataMap: map }), async (app) => {
    const leaver = await member(app, "haneul"); // user 1, to whom the posts are given
    const answer = await leaver.send("DELETE", "/withdrawal");
    assert.equal(answer.status, 409, answer.text);
    assert.ok((await leaver.get("/withdrawal")).json.blocked);
    assert.deepEqual((await leaver.get("/")).json, { user: "haneul" });
  });
});

Deno.test("ids that SQLite would use again stop withdrawals, because the next owner would inherit them", async () => {
  const setup = flaskr();
  const tables = setup.tables!.map((sql) => sql.replaceAll(" AUTOINCREMENT", ""));
  await withApp({ ...setup, tables }, async (app) => {
    const ready = await new Browser(app).get("/readyz/withdrawal");
    assert.equal(ready.status, 503);
    const { problems } = await app.services.inventory.refresh();
    assert.match(problems.join("\n"), /"user"\."id" .* AUTOINCREMENT/);
    const leaver = await member(app, "haneul");
    assert.equal((await leaver.send("DELETE", "/withdrawal")).status, 503);
  });
});
