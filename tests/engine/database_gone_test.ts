import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../db/engine/database.ts";
import type { AppError } from "../../domain/error.ts";
import { freePort, sqldPath, startSqld } from "../../cli/sqld.ts";
import {
  type Browser,
  goodPassword,
  join,
  newMember,
  openApp,
  signIn,
  withApp,
} from "../support/harness.ts";
import { testBehindProxy } from "../support/stacks.ts";

const requests = [
  ["GET", "/userinfo"],
  ["GET", "/withdrawal"],
  ["GET", "/userinfo/export"],
  ["GET", "/readyz"],
  ["GET", "/receipts/AAAAAAAAAAAAAAAAAAAAAA"],
  ["POST", "/restoration"],
  ["POST", "/logout"],
  ["DELETE", "/withdrawal"],
  ["POST", "/login", { user_id: "hong", password: goodPassword }],
  ["POST", "/register", { user_id: "kim", email: "kim@example.com", password: goodPassword }],
] as const;

async function everythingIsUnavailable(browser: Browser, withinMs: number) {
  const before = browser.cookieHeader();
  for (const [method, path, body] of requests) {
    const start = performance.now();
    const answer = await browser.send(method, path, body);
    assert.equal(answer.status, 503, `${method} ${path}: ${answer.text}`);
    assert.equal(answer.json.code, "unavailable");
    assert.ok(Number(answer.headers.get("Retry-After")) > 0);
    assert.doesNotMatch(answer.text, /sql|hrana|fetch|127\.0/i);
    assert.ok(performance.now() - start < withinMs, `${method} ${path}`);
    assert.equal(browser.cookieHeader(), before, "the cookie is untouched");
  }
  assert.equal((await browser.get("/healthz")).status, 200);
}

Deno.test({
  name: "a stopped database is 503 everywhere, and work goes on when it is back",
  ignore: !sqldPath(),
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "annyeong-sqld-" });
    const port = freePort();
    let sqld = await startSqld(folder, port);
    const env = { TURSO_DATABASE_URL: sqld.url, DATABASE_TIMEOUT_MS: "1000" };
    const app = await openApp({ env });
    const browser = await newMember(app, "hong");
    await sqld.stop("SIGKILL");
    await everythingIsUnavailable(browser, 1300);
    const said = (await browser.send("DELETE", "/withdrawal")).json.error;
    assert.equal(said, "지금은 탈퇴를 처리할 수 없습니다. 잠시 후 다시 시도해 주세요.");
    sqld = await startSqld(folder, port);
    assert.equal((await browser.get("/userinfo")).status, 200);
    assert.equal((await browser.send("DELETE", "/withdrawal")).status, 200);
    await app.close();
    await sqld.stop("SIGKILL");
    await Deno.remove(folder, { recursive: true });
  },
});

testBehindProxy(
  "a database that never answers is 503 within the timeout, and work goes on when it does",
  { DATABASE_TIMEOUT_MS: "300" },
  async (app, proxy) => {
    const browser = await newMember(app, "hong");
    proxy.fault = () => "silent";
    await everythingIsUnavailable(browser, 700);
    proxy.reset();
    assert.equal((await browser.get("/userinfo")).status, 200);
  },
);

testBehindProxy("an answer lost once is asked for again, and nothing happens twice", {
  THROTTLE_SCALE: "1000",
}, async (app, proxy) => {
  for (const fault of ["lost", "cut", "half", "twice"] as const) {
    for (const at of [1, 2]) {
      const name = `${fault}${at}`;
      const spoil = () => {
        proxy.reset();
        proxy.fault = (n) => n === at ? fault : "none";
      };
      spoil();
      assert.equal((await join(app, name)).status, 201, `joining, ${name}`);
      spoil();
      const browser = await signIn(app, name);
      spoil();
      const left = await browser.send("DELETE", "/withdrawal", { password: goodPassword });
      assert.equal(left.status, 200, `leaving, ${name}: ${left.text}`);
      proxy.reset();
      const receipt = await browser.get(`/receipts/${left.json.receipt_id}`);
      const [members] = receipt.json.destroyed;
      assert.equal(members.count, 1, "counted once, before it went");
    }
  }
  assert.equal((await app.sql("SELECT id FROM erasures")).length, 8);
  assert.equal((await app.sql("SELECT id FROM users")).length, 0);
});

testBehindProxy(
  "when the answer to a withdrawal is lost for good, the words say so, and the next request tells",
  { DATABASE_TIMEOUT_MS: "400" },
  async (app, proxy) => {
    for (const fault of ["cut", "silent"] as const) {
      const browser = await newMember(app, fault);
      proxy.reset();
      proxy.fault = (n) => n >= 2 ? fault : "none";
      const left = await browser.send("DELETE", "/withdrawal");
      assert.equal(left.status, 503);
      assert.equal(left.json.error, "처리 결과를 확인하지 못했습니다. 잠시 후 다시 확인해 주세요.");
      proxy.reset();
      const members = await app.sql("SELECT id FROM users WHERE name = ?", [fault]);
      assert.equal((await browser.get("/userinfo")).status, members.length === 1 ? 200 : 401);
      assert.equal(members.length, fault === "cut" ? 0 : 1);
    }
  },
);

Deno.test("an embedded file that another process holds is 503 in time, and work goes on after", async () => {
  await withApp({ env: { DATABASE_TIMEOUT_MS: "400" } }, async (app) => {
    const browser = await newMember(app, "hong");
    const other = new DatabaseSync(`${app.folder}/test.db`);
    other.exec("BEGIN IMMEDIATE");
    const start = performance.now();
    const answer = await browser.send("DELETE", "/withdrawal");
    assert.equal(answer.status, 503);
    assert.ok(performance.now() - start < 800);
    assert.equal((await browser.get("/userinfo")).status, 200, "reading goes on");
    other.close();
    assert.equal((await browser.send("DELETE", "/withdrawal")).status, 200);
    const [row] = await app.sql("PRAGMA secure_delete");
    assert.equal(row!.secure_delete, 1);
    assert.equal((await app.sql("PRAGMA journal_mode"))[0]!.journal_mode, "wal");
  });
});

Deno.test("who writes while another process holds the file waits for it, also longer than SQLite does", async () => {
  await withApp({ env: { DATABASE_TIMEOUT_MS: "10000" } }, async (app) => {
    const members = await Promise.all(["hong", "kim"].map((name) => newMember(app, name)));
    const other = new DatabaseSync(`${app.folder}/test.db`);
    other.exec("BEGIN IMMEDIATE");
    setTimeout(() => other.exec("ROLLBACK"), 500);
    const left = await Promise.all(members.map((member) => member.send("DELETE", "/withdrawal")));
    assert.deepEqual(left.map(({ status }) => status), [200, 200]);
    other.close();
  });
});

Deno.test("what waited too long for its turn at the database was never sent, and never will be", async () => {
  const bodies: string[] = [];
  const end = new AbortController();
  const address = { hostname: "127.0.0.1", port: 0, onListen() {}, signal: end.signal };
  const silent = Deno.serve(address, async (request) => {
    bodies.push(await request.text());
    return new Promise<Response>(() => {});
  });
  const url = `http://127.0.0.1:${(silent.addr as Deno.NetAddr).port}`;
  const db = await openDatabase({ url, authToken: undefined, timeoutMs: 300 });
  const start = performance.now();
  const late = async (n: number) => {
    const error: AppError = await db.write([`DELETE FROM users WHERE name = 'user${n}'`])
      .then(() => assert.fail(), (error) => error);
    assert.equal(error.code, "unavailable");
    assert.ok(performance.now() - start < 900, "in time");
    return { name: `'user${n}'`, lost: error.details.answerLost };
  };
  // 40 that do not fit into one request: who is not in the first one is out of time when it ends
  const all = await Promise.all(Array.from({ length: 40 }, (_, n) => late(n)));
  const sent = (name: string) => bodies.some((body) => body.includes(name));
  for (const { name, lost } of all) assert.equal(sent(name), lost, name);
  const lost = all.filter(({ lost }) => lost).length;
  assert.ok(lost > 0 && lost < all.length, `${lost} of ${all.length} lost`);
  const before = bodies.length;
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal(bodies.length, before, "nor later");
  db.close();
  end.abort();
  await silent.finished;
});
