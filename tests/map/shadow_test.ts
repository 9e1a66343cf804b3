/** Tables that SQLite calls `shadow`: those of a full-text index, and an app's tables that only have such a name. */
import assert from "node:assert/strict";
import { ownTables } from "../../data_map.ts";
import { dataMap, destroy, holdsNobody } from "../../domain/data_map.ts";
import { Browser, captureLog, newMember, type Service, withApp } from "../support/harness.ts";
import { embedded, onSqld, testOnWith } from "../support/stacks.ts";

/** A table of members' texts with a full-text index over it, as SQLite's manual shows it. */
const posts = [
  `CREATE TABLE "posts_content"(id INTEGER PRIMARY KEY, user_id TEXT, body TEXT)`,
  "CREATE VIRTUAL TABLE posts USING fts5(body, content='posts_content', content_rowid='id')",
  `CREATE TRIGGER posts_in AFTER INSERT ON posts_content BEGIN
     INSERT INTO posts (rowid, body) VALUES (new.id, new.body);
   END`,
  `CREATE TRIGGER posts_out AFTER DELETE ON posts_content BEGIN
     INSERT INTO posts (posts, rowid, body) VALUES ('delete', old.id, old.body);
   END`,
];
const index = holdsNobody("posts", "an index over posts_content; triggers keep it");
const words = { label: { ko: "글", en: "Posts" }, purpose: { ko: "글", en: "Posts" } };
const content = destroy("posts_content", { member: "user_id", ...words, show: ["body"] });
/** Every module that keeps tables of its own. */
const modules = [
  "CREATE VIRTUAL TABLE plain USING fts5(a, b)",
  "CREATE VIRTUAL TABLE bare USING fts5(a, content='', contentless_delete=1)",
  "CREATE VIRTUAL TABLE older USING fts4(a, b)",
  "CREATE VIRTUAL TABLE oldest USING fts3(a)",
  "CREATE VIRTUAL TABLE areas USING rtree(id, minX, maxX, +what)",
  "CREATE VIRTUAL TABLE shapes USING geopoly(a)",
  "CREATE VIRTUAL TABLE first USING fts5(a)",
  `ALTER TABLE first RENAME TO "it's another"`,
];
const quiet = "plain bare older oldest areas shapes".split(" ");
const env = { THROTTLE_SCALE: "1000" };

for (const stack of [embedded, onSqld]) {
  testOnWith(
    stack,
    { env, tables: posts, map: dataMap([...ownTables, content, index]) },
    "a mapped table that SQLite takes for a shadow table is emptied",
    mapped,
  );
  testOnWith(
    stack,
    { env, tables: posts, map: dataMap([...ownTables, index]) },
    "an app's table with the name of a shadow table stops withdrawals until it is on the map",
    unmapped,
  );
  testOnWith(
    stack,
    {
      env,
      // the SQLite in Deno has no geopoly
      tables: modules.slice(0, -2).filter((sql) => stack === onSqld || !sql.includes("geopoly")),
      map: dataMap([...ownTables, ...quiet.map((name) => holdsNobody(name, "a trial"))]),
    },
    "the shadow tables of an index stop no withdrawal, and only the index must be on the map",
    theEngines,
  );
}

async function mapped(service: Service) {
  const hong = await newMember(service, "hong");
  await newMember(service, "kim");
  await service.sql(
    "INSERT INTO posts_content (user_id, body) SELECT id, 'by ' || name FROM users",
  );
  const ready = await new Browser(service).get("/readyz/withdrawal"); // looks at the schema
  assert.equal(ready.status, 200);
  const exported = (await hong.get("/userinfo/export")).json.tables;
  assert.deepEqual(exported.posts_content, [{ body: "by hong" }]);
  const left = await hong.send("DELETE", "/withdrawal");
  assert.equal(left.status, 200, left.text);
  const rows = await service.sql("SELECT body FROM posts_content");
  assert.deepEqual(rows.map(({ body }) => body), ["by kim"]);
  assert.deepEqual(await service.sql("SELECT * FROM posts WHERE posts MATCH 'hong'"), []);
}

async function unmapped(service: Service) {
  const hong = await newMember(service, "hong");
  await service.sql("INSERT INTO posts_content (user_id, body) SELECT id, name FROM users");
  const log = await captureLog(async () => {
    assert.equal((await hong.send("DELETE", "/withdrawal")).status, 503);
    assert.equal((await new Browser(service).get("/readyz/withdrawal")).status, 503);
  });
  assert.match(log, /table \\"posts_content\\" is not on the data map: add destroy/);
  assert.doesNotMatch(log, /table \\"posts_(data|idx|docsize|config)/);
  assert.equal((await service.sql("SELECT * FROM posts_content")).length, 1);
}

async function theEngines(service: Service) {
  const hong = await newMember(service, "hong");
  const kim = await newMember(service, "kim");
  for (const name of ["older", "plain"]) await service.sql(`INSERT INTO ${name} (a) VALUES ('x')`);
  assert.equal((await new Browser(service).get("/readyz/withdrawal")).status, 200);
  assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);

  for (const sql of modules.slice(-2)) await service.sql(sql);
  const log = await captureLog(async () => {
    assert.equal((await kim.send("DELETE", "/withdrawal")).status, 503);
  });
  assert.deepEqual(log.match(/table \\"[^\\]*\\" is not/g), [`table \\"it's another\\" is not`]);
}

Deno.test("an app's table with a prefix of the engine's tables stops withdrawals until it is on the map", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    for (const name of ["libsql_people", "_litestream_people"]) {
      await app.db.write([`CREATE TABLE ${name} (user_id TEXT)`]);
      await captureLog(async () => {
        assert.equal((await hong.get("/readyz/withdrawal")).status, 503, name);
      });
      assert.equal((await hong.send("DELETE", "/withdrawal")).status, 503, name);
      await app.db.write([`DROP TABLE ${name}`]);
    }
  });
});
