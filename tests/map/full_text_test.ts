import assert from "node:assert/strict";
import { ownTables } from "../../data_map.ts";
import { anonymise, type DataMap, dataMap, destroy, holdsNobody } from "../../domain/data_map.ts";
import { bytesOf, tablesWith } from "../support/bytes.ts";
import {
  Browser,
  captureLog,
  newMember,
  type Service,
  type TestApp,
  withApp,
} from "../support/harness.ts";
import { embedded, onSqld, testOnWith } from "../support/stacks.ts";

const words = { label: { ko: "글", en: "Notes" }, purpose: { ko: "글", en: "Notes" } };
const env = { THROTTLE_SCALE: "1000" };
const notes = "CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id TEXT, body TEXT)";
const insertTrigger = `CREATE TRIGGER notes_in AFTER INSERT ON notes BEGIN
  INSERT INTO words (rowid, body) VALUES (new.id, new.body);
END`;
const deleteTrigger = `CREATE TRIGGER notes_out AFTER DELETE ON notes BEGIN
  INSERT INTO words (words, rowid, body) VALUES ('delete', old.id, old.body);
END`;
const deleteRowTrigger = `CREATE TRIGGER notes_out AFTER DELETE ON notes BEGIN
  DELETE FROM words WHERE rowid = old.id;
END`;
const external = "CREATE VIRTUAL TABLE words USING fts5(body, content='notes', content_rowid='id')";
const indexed = dataMap([
  ...ownTables,
  destroy("notes", { member: "user_id", ...words }),
  holdsNobody("words", "an index over notes, kept by triggers"),
]);

interface Kind {
  name: string;
  tables: string[];
  map: DataMap;
  insert: string;
}
const insertNote = "INSERT INTO notes (user_id, body) SELECT id, ? FROM users WHERE name = ?";
const kinds: Kind[] = [
  {
    name: "an FTS5 table with its own text",
    tables: ["CREATE VIRTUAL TABLE words USING fts5(body, user_id UNINDEXED)"],
    map: dataMap([...ownTables, destroy("words", { member: "user_id", ...words })]),
    insert: "INSERT INTO words (user_id, body) SELECT id, ? FROM users WHERE name = ?",
  },
  {
    name: "an FTS5 index over a table",
    tables: [notes, external, insertTrigger, deleteTrigger],
    map: indexed,
    insert: insertNote,
  },
  {
    name: "a contentless FTS5 index",
    tables: [
      notes,
      "CREATE VIRTUAL TABLE words USING fts5(body, content='')",
      insertTrigger,
      deleteTrigger,
    ],
    map: indexed,
    insert: insertNote,
  },
  {
    name: "a contentless FTS5 index with contentless_delete",
    tables: [
      notes,
      "CREATE VIRTUAL TABLE words USING fts5(body, content='', contentless_delete=1)",
      insertTrigger,
      deleteRowTrigger,
    ],
    map: indexed,
    insert: insertNote,
  },
  {
    name: "an FTS4 table with its own text",
    tables: ["CREATE VIRTUAL TABLE words USING fts4(body, user_id, notindexed=user_id)"],
    map: dataMap([...ownTables, destroy("words", { member: "user_id", ...words })]),
    insert: "INSERT INTO words (user_id, body) SELECT id, ? FROM users WHERE name = ?",
  },
];

for (const { name, tables, map, insert } of kinds) {
  for (const stack of [embedded, onSqld]) {
    testOnWith(
      stack,
      { env, tables, map },
      `after a withdrawal ${name} holds no word of the member`,
      async (service) => {
        const hong = await newMember(service, "hong");
        await newMember(service, "kim");
        for (let n = 0; n < 40; n++) {
          await service.sql(insert, [`hongsword${n} other`, "hong"]);
          await service.sql(insert, [`kimsword${n} other`, "kim"]);
        }
        assert.ok((await tablesWith(service, "hongsword")).some((table) => /^words_/.test(table)));

        const left = await hong.send("DELETE", "/withdrawal");
        assert.equal(left.status, 200, left.text);
        assert.deepEqual(await tablesWith(service, "hongsword"), []);
        if ("folder" in service && stack === embedded) {
          assert.equal(bytesOf(service as TestApp, "hongsword"), 0, "nor in the bytes of a file");
        }
        const found = await service.sql(
          "SELECT count(*) AS n FROM words WHERE words MATCH 'kimsword7 OR hongsword7'",
        );
        assert.equal(found[0]!.n, 1, "the index still finds the other member's text");
      },
    );
  }
}

Deno.test("a full-text index that keeps deleted words stops withdrawals until migrate has secured it", async () => {
  await withApp({ env, map: indexed }, async (app) => {
    const hong = await newMember(app, "hong");
    const tables = [notes, external, insertTrigger, deleteTrigger];
    for (const sql of tables) await app.sql(sql);
    await app.sql(insertNote, ["oldsword", "hong"]);
    await app.sql("DELETE FROM notes");
    await app.sql(insertNote, ["newsword", "hong"]);
    await app.db.truncateLog();
    assert.ok(bytesOf(app, "oldsword") > 0, "the text is deleted, the word is not");

    const log = await captureLog(async () => {
      assert.equal((await hong.send("DELETE", "/withdrawal")).json.code, "unavailable");
      assert.equal((await new Browser(app).get("/readyz/withdrawal")).status, 503);
    });
    assert.match(log, /full-text index \\"words\\" keeps the words of deleted rows: run \\"deno/);
    assert.equal((await app.sql("SELECT * FROM notes")).length, 1, "nothing has changed");

    await migrateCommand(app);
    assert.equal(bytesOf(app, "oldsword"), 0, "words deleted before are gone as well");
    assert.equal((await new Browser(app).get("/readyz/withdrawal")).status, 200);
    assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);
    assert.equal(bytesOf(app, "oldsword") + bytesOf(app, "newsword"), 0);
  });
});

Deno.test("a full-text index without triggers on its table stops withdrawals", async () => {
  await withApp({ env, map: indexed, tables: [notes, external, insertTrigger] }, async (app) => {
    const hong = await newMember(app, "hong");
    await app.sql(insertNote, ["hongsword", "hong"]);
    const log = await captureLog(async () => {
      assert.equal((await hong.send("DELETE", "/withdrawal")).json.code, "unavailable");
      assert.equal((await new Browser(app).get("/readyz/withdrawal")).status, 503);
    });
    assert.match(log, /\\"words\\" keeps the words of \\"notes\\": add a trigger AFTER DELETE/);
    await app.sql(deleteTrigger);
    assert.equal((await new Browser(app).get("/readyz/withdrawal")).status, 200);
    await app.sql("DROP TRIGGER notes_out");
    assert.equal((await hong.send("DELETE", "/withdrawal")).json.code, "unavailable", "it is live");
    await app.sql(deleteTrigger);
    assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);
    assert.deepEqual(await tablesWith(app, "hongsword"), []);
  });
});

Deno.test("a full-text index over an anonymised column needs a trigger for updates", async () => {
  const map = dataMap([
    ...ownTables,
    anonymise("notes", { member: "user_id", set: { user_id: null, body: "gone" }, ...words }),
    holdsNobody("words", "an index over notes, kept by triggers"),
  ]);
  const tables = [notes, external, insertTrigger, deleteTrigger];
  await withApp({ env, map, tables }, async (app) => {
    const hong = await newMember(app, "hong");
    await app.sql(insertNote, ["hongsword", "hong"]);
    const log = await captureLog(async () => {
      assert.equal((await hong.send("DELETE", "/withdrawal")).json.code, "unavailable");
    });
    assert.match(log, /add a trigger AFTER UPDATE ON \\"notes\\"/);
    await app.sql(`CREATE TRIGGER notes_change AFTER UPDATE ON notes BEGIN
      INSERT INTO words (words, rowid, body) VALUES ('delete', old.id, old.body);
      INSERT INTO words (rowid, body) VALUES (new.id, new.body);
    END`);
    assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);
    assert.deepEqual(await tablesWith(app, "hongsword"), []);
    assert.equal((await app.sql("SELECT * FROM words WHERE words MATCH 'gone'")).length, 1);
  });
});

/** `deno task migrate` of an app with this map, in a process of its own. */
async function migrateCommand(service: Service): Promise<void> {
  const url = (service as TestApp).services.config.database.url;
  const script = `
    import { operate } from "./cli/operate.ts";
    import { dataMap, destroy, holdsNobody, membership, ownTables } from "./mod.ts";
    const words = { label: { ko: "글", en: "Notes" }, purpose: { ko: "글", en: "Notes" } };
    const map = dataMap([
      ...ownTables,
      destroy("notes", { member: "user_id", ...words }),
      holdsNobody("words", "an index"),
    ]);
    await operate(membership({ dataMap: map }).parts, ["migrate"]);`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", script],
    cwd: new URL("../..", import.meta.url),
    env: { TURSO_DATABASE_URL: url, NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stderr);
  assert.equal(code, 0, said);
  assert.match(new TextDecoder().decode(stdout), /the schema is current/);
  assert.doesNotMatch(said, /withdrawals are stopped/);
}
