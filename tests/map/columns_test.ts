/** Columns that the map forgets, cannot change, or names wrongly. */
import assert from "node:assert/strict";
import { ownTables } from "../../data_map.ts";
import { anonymise, dataMap, destroy, holdsNobody, keepApart } from "../../domain/data_map.ts";
import { Browser, captureLog, dump, newMember, type Service, withApp } from "../support/harness.ts";
import { embedded, onSqld, testOnWith } from "../support/stacks.ts";

const words = { label: { ko: "글", en: "Posts" }, purpose: { ko: "글", en: "Posts" } };
const env = { THROTTLE_SCALE: "1000" };
const byAuthor = anonymise("posts", { member: "author_id", set: { author_id: null }, ...words });
const byEditor = anonymise("posts", { member: "editor_id", set: { editor_id: null }, ...words });
const posts = `CREATE TABLE posts (
  id INTEGER PRIMARY KEY, author_id TEXT REFERENCES users (id), body TEXT)`;
const addEditor = "ALTER TABLE posts ADD COLUMN editor_id TEXT REFERENCES Users ON DELETE SET NULL";

/** What an operator is told at `/readyz/withdrawal`, and its status. */
async function readiness(service: Service): Promise<{ status: number; log: string }> {
  let status = 0;
  const log = await captureLog(async () => {
    status = (await new Browser(service).get("/readyz/withdrawal")).status;
  });
  return { status, log: log.replaceAll('\\"', '"') };
}

for (const stack of [embedded, onSqld]) {
  testOnWith(
    stack,
    { env, map: dataMap([...ownTables, byAuthor]), tables: [posts] },
    "a second foreign key to users stops withdrawals until an entry names it",
    forgottenKey,
  );
}

async function forgottenKey(service: Service) {
  const hong = await newMember(service, "hong");
  assert.equal((await readiness(service)).status, 200);
  await service.sql(addEditor); // while the service runs, and after it has looked
  await service.sql("INSERT INTO posts (body, editor_id) SELECT 'x', id FROM users");
  const before = JSON.stringify([...await dump(service)]);

  const refused = await hong.send("DELETE", "/withdrawal");
  assert.equal(refused.status, 503, refused.text);
  assert.equal(refused.json.code, "unavailable");
  assert.equal(JSON.stringify([...await dump(service)]), before, "nothing has changed");
  assert.equal((await hong.get("/userinfo")).status, 200);
  const { status, log } = await readiness(service);
  assert.equal(status, 503);
  assert.match(
    log,
    /"posts"."editor_id" refers to users, and no entry names it: add it to `member`/,
  );
  assert.match(log, /anonymise\("posts", \{ member: "editor_id", set: \{ editor_id: null \}/);
}

Deno.test("a foreign key that a second entry names stops no withdrawal", async () => {
  const map = dataMap([...ownTables, byAuthor, byEditor]);
  await withApp({ env, map, tables: [posts, addEditor] }, async (app) => {
    const hong = await newMember(app, "hong");
    await app.sql("INSERT INTO posts (body, editor_id) SELECT 'x', id FROM users");
    assert.equal((await readiness(app)).status, 200);
    assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);
    const [post] = await app.sql("SELECT author_id, editor_id, body FROM posts");
    assert.deepEqual({ ...post }, { author_id: null, editor_id: null, body: "x" });
  });
});

Deno.test("with a grace period a forgotten foreign key stops the request as well", async () => {
  const map = dataMap([...ownTables, byAuthor]);
  const grace = { ...env, WITHDRAWAL_GRACE_DAYS: "7" };
  await withApp({ env: grace, map, tables: [posts, addEditor] }, async (app) => {
    const hong = await newMember(app, "hong");
    assert.equal((await hong.send("DELETE", "/withdrawal")).json.code, "unavailable");
    assert.equal((await app.sql("SELECT id FROM withdrawals")).length, 0);
  });
});

Deno.test("columns that hold ids of members without a foreign key are warned about", async () => {
  const tables = [
    "CREATE TABLE posts (id TEXT PRIMARY KEY, author_id TEXT, liked TEXT, amount INTEGER) WITHOUT ROWID",
    "CREATE TABLE visits (day TEXT, visitor TEXT, invited_by TEXT REFERENCES users (id) ON DELETE CASCADE)",
  ];
  const map = dataMap(
    [...ownTables, byAuthor, holdsNobody("visits", "numbers")].map((entry) =>
      entry.disposition === "anonymise" ? { ...entry, key: "id" } : entry
    ),
  );
  await withApp({ env, map, tables }, async (app) => {
    const hong = await newMember(app, "hong");
    assert.doesNotMatch((await readiness(app)).log, /holds ids of members/, "no rows yet");
    await app.sql(
      "INSERT INTO posts (id, author_id, liked, amount) SELECT 'p', id, id, 7 FROM users",
    );
    await app.sql("INSERT INTO visits (visitor) SELECT id FROM users");
    const { status, log } = await readiness(app);
    assert.equal(status, 200, "a warning stops nobody");
    assert.match(log, /"posts"."liked" holds ids of members, and no entry names it/);
    assert.match(log, /"visits"."visitor" holds ids of members, and "visits" is declared to hold/);
    assert.match(log, /"visits" is declared to hold nobody, but "visits"."invited_by" refers/);
    assert.doesNotMatch(log, /"(id|author_id|amount|member_id)" holds ids/);
    assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);
  });
});

Deno.test("looking for ids of members reads the newest rows of a table and no others", async () => {
  const tables = ["CREATE TABLE visits (visitor TEXT)"];
  const map = dataMap([...ownTables, holdsNobody("visits", "numbers")]);
  await withApp({ env, map, tables }, async (app) => {
    await newMember(app, "hong");
    await app.sql("INSERT INTO visits SELECT id FROM users");
    assert.match((await readiness(app)).log, /holds ids/);
    await app.sql(`INSERT INTO visits WITH RECURSIVE n(i) AS (
      SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) SELECT NULL FROM n`);
    assert.doesNotMatch((await readiness(app)).log, /holds ids/);
  });
});

Deno.test("generated columns can be shown, kept and hold a member, but not set", async () => {
  const tables = [
    `CREATE TABLE orders (id INTEGER PRIMARY KEY, data TEXT, paid_at TEXT,
       buyer TEXT GENERATED ALWAYS AS (data ->> 'buyer') STORED,
       total INTEGER AS (data ->> 'total'))`,
  ];
  const orders = keepApart("orders", {
    member: "buyer",
    columns: ["id", "total"],
    ground: { kind: "law", ko: "법", en: "law" },
    from: "paid_at",
    years: 5,
    show: ["total"],
    ...words,
  });
  await withApp({ env, map: dataMap([...ownTables, orders]), tables }, async (app) => {
    const hong = await newMember(app, "hong");
    await app.sql(`INSERT INTO orders (data, paid_at)
      SELECT json_object('buyer', id, 'total', 500), '2026-01-01T00:00:00Z' FROM users`);
    assert.equal((await readiness(app)).status, 200);
    assert.deepEqual((await hong.get("/userinfo/export")).json.tables.orders, [{ total: 500 }]);
    assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);
    assert.deepEqual(await app.sql("SELECT * FROM orders"), []);
    const [kept] = await app.sql("SELECT row FROM retained");
    assert.deepEqual(JSON.parse(String(kept!.row)), { id: 1, total: 500 });
  });
  const posts =
    "CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id TEXT NOT NULL, slug AS (lower(author_id)))";
  const wrong = anonymise("posts", {
    member: "author_id",
    set: { author_id: null, slug: "x" },
    ...words,
  });
  await withApp({ env, map: dataMap([...ownTables, wrong]), tables: [posts] }, async (app) => {
    const { status, log } = await readiness(app);
    assert.equal(status, 503);
    assert.match(log, /"posts"."slug" is a generated column: set the columns that it is made from/);
    assert.match(log, /"posts"."author_id" is NOT NULL: `set` needs another value for it/);
  });
});

Deno.test("SQL of the map that does not fit its table stops withdrawals, and says why", async () => {
  const map = dataMap([
    ...ownTables,
    destroy("posts", { member: "author_id", where: "stauts = 'draft'", ...words }),
  ]);
  const grace = { ...env, WITHDRAWAL_GRACE_DAYS: "7" };
  await withApp({ env: grace, map, tables: [posts] }, async (app) => {
    const hong = await newMember(app, "hong");
    const { status, log } = await readiness(app);
    assert.equal(status, 503);
    assert.match(log, /the SQL of the data map does not fit "posts": no such column: stauts/);
    assert.equal((await hong.send("DELETE", "/withdrawal")).json.code, "unavailable");
  });
});
