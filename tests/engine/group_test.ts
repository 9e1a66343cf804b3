/** Batches that arrive together share a transaction and a commit: none of them sees or feels the others. */
import assert from "node:assert/strict";
import { type Database, openDatabase, RefusedStatement } from "../../db/engine/database.ts";
import { sqldPath } from "../../cli/sqld.ts";
import { openSqld } from "../support/stacks.ts";

const tables = [
  "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL CHECK (text <> ''))",
  `CREATE TABLE answers (
     id   INTEGER PRIMARY KEY,
     note INTEGER REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED
   )`,
  `CREATE TRIGGER ending BEFORE INSERT ON notes WHEN NEW.text = 'end' BEGIN
     SELECT RAISE(ROLLBACK, 'the whole transaction is over');
   END`,
];

function testOnBoth(name: string, test: (db: Database, folder: string) => Promise<void>) {
  for (const stack of ["embedded", "sqld"] as const) {
    Deno.test({
      name: `${stack}: ${name}`,
      ignore: stack === "sqld" && !sqldPath(),
      async fn() {
        const folder = await Deno.makeTempDir({ prefix: "annyeong-group-" });
        const sqld = stack === "sqld" ? await openSqld() : null;
        const url = sqld?.url ?? `file:${folder}/group.db`;
        const db = await openDatabase({ url, authToken: undefined, timeoutMs: 10_000 });
        try {
          await db.write(tables);
          await test(db, folder);
        } finally {
          db.close();
          await sqld?.stop();
          await Deno.remove(folder, { recursive: true });
        }
      },
    });
  }
}

/** A batch of three statements; with `spoiled` the second one. */
function batch(id: number, spoiled = `UPDATE notes SET text = 'second' WHERE id = ${id}`) {
  return [
    { sql: "INSERT INTO notes (id, text) VALUES (:id, 'first')", args: { id } },
    spoiled,
    { sql: "SELECT id, text FROM notes WHERE id = ?", args: [id] },
  ];
}

/** 40 batches at once, of which every fifth is spoiled: those change nothing, the others everything. */
async function eightOfFortyRefused(
  db: Database,
  spoil: (id: number) => string,
  kind: "constraint" | "schema",
) {
  const ids = Array.from({ length: 40 }, (_, id) => id);
  const isSpoiled = (id: number) => id % 5 === 3;
  const ends = await Promise.allSettled(
    ids.map((id) => db.write(isSpoiled(id) ? batch(id, spoil(id)) : batch(id))),
  );
  for (const [id, end] of ends.entries()) {
    if (isSpoiled(id)) {
      assert.ok(end.status === "rejected" && end.reason instanceof RefusedStatement, `${id}`);
      assert.equal(end.reason.kind, kind);
    } else {
      assert.ok(end.status === "fulfilled", `${id}`);
      assert.deepEqual({ ...end.value[2]!.rows[0] }, { id, text: "second" });
    }
  }
  const [notes, answers] = await db.read([
    "SELECT id FROM notes WHERE text = 'second' ORDER BY id",
    "SELECT id FROM answers",
  ]);
  assert.deepEqual(notes!.rows.map(({ id }) => id), ids.filter((id) => !isSpoiled(id)));
  assert.equal(answers!.rows.length, 0);
  assert.equal((await db.read(["SELECT * FROM notes WHERE text = 'first'"]))[0]!.rows.length, 0);
}

testOnBoth(
  "a batch that breaks a constraint changes nothing, and the batches beside it are carried out",
  (db) =>
    eightOfFortyRefused(db, (id) => `UPDATE notes SET text = '' WHERE id = ${id}`, "constraint"),
);

testOnBoth(
  "a batch that does not fit the schema changes nothing, and the batches beside it are carried out",
  (db) => eightOfFortyRefused(db, () => "UPDATE notes SET nothing = 1", "schema"),
);

testOnBoth(
  "a batch whose trigger ends the transaction changes nothing, and the others are carried out",
  (db) =>
    eightOfFortyRefused(
      db,
      (id) => `INSERT INTO notes (id, text) VALUES (${id + 100}, 'end')`,
      "constraint",
    ),
);

testOnBoth(
  "a foreign key that is broken only at the commit refuses its own batch, and no other",
  (db) =>
    eightOfFortyRefused(
      db,
      (id) => `INSERT INTO answers (note) VALUES (${id + 100})`,
      "constraint",
    ),
);

Deno.test("embedded: batches that arrive together are written by one commit, and those in turn by one each", async () => {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-group-" });
  const db = await openDatabase({
    url: `file:${folder}/group.db`,
    authToken: undefined,
    timeoutMs: 1000,
  });
  /** Pages in the write-ahead log. */
  const pages = () => Math.floor(Deno.statSync(`${folder}/group.db-wal`).size / 4120);
  await db.write(tables);
  await db.truncateLog();
  for (let id = 0; id < 16; id++) await db.write(batch(id));
  const inTurn = pages();
  await db.truncateLog();
  await Promise.all(Array.from({ length: 16 }, (_, n) => db.write(batch(16 + n))));
  const together = pages();
  assert.ok(inTurn >= 16, `${inTurn} pages`);
  assert.ok(together <= 3, `${together} pages`);
  db.close();
  await Deno.remove(folder, { recursive: true });
});

const noStrace = await new Deno.Command("strace", { args: ["-V"], stdout: "null" }).output()
  .then(() => false, () => true);

/** Fails in the middle of large batches, so that savepoints have much to take back, and sorts. */
const spilling = `
  import { openDatabase } from "./db/engine/database.ts";
  const url = "file:" + Deno.args[0] + "/spill.db";
  const db = await openDatabase({ url, authToken: undefined, timeoutMs: 60000 });
  await db.write(["CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT CHECK (name <> ''))"]);
  const many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) ";
  await db.write([many + "INSERT INTO people SELECT i, hex(randomblob(200)) FROM n"]);
  const change = "UPDATE people SET name = hex(randomblob(200))";
  const ends = await Promise.allSettled([
    db.write([change]),
    db.write([change, "UPDATE people SET name = '' WHERE id = 1"]),
    db.write(["DELETE FROM people WHERE id % 2 = 0", change]),
    db.write(["UPDATE people SET name = iif(id < 19990, name || 'x', '')"]),
  ]);
  await db.read(["SELECT name FROM people ORDER BY name DESC LIMIT 3"]);
  console.log(ends.map(({ status }) => status[0]).join(""));
`;

Deno.test({
  name: "embedded: what a batch takes back, or sorts, is written to no temporary file",
  ignore: noStrace,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "annyeong-spill-" });
    const trace = ["-f", "-e", "trace=openat,open,creat,memfd_create", "-o", `${folder}/trace`];
    const { stdout, stderr } = await new Deno.Command("strace", {
      args: [...trace, Deno.execPath(), "eval", "--ext=ts", spilling, folder],
    }).output();
    assert.equal(new TextDecoder().decode(stdout).trim(), "frfr", new TextDecoder().decode(stderr));
    const opened = await Deno.readTextFile(`${folder}/trace`);
    assert.ok(opened.includes("spill.db-wal"), "the trace sees what SQLite opens");
    assert.deepEqual(opened.match(/.*(etilqs|memfd_create|O_TMPFILE).*/g), null);
    await Deno.remove(folder, { recursive: true });
  },
});
