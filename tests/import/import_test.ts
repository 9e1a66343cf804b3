import assert from "node:assert/strict";
import { ownTables } from "../../data_map.ts";
import { isImported, openStage, readPage, stage, swap } from "../../db/import/import.ts";
import { openDatabase } from "../../db/engine/database.ts";
import { runPreflight } from "../../db/import/preflight.ts";
import { Source } from "../../db/import/source.ts";
import { readRow } from "../../domain/import.ts";
import { alsoShow } from "../../domain/data_map.ts";
import { Browser, join, newMember, signIn } from "../support/harness.ts";
import { betterAuthHash, password, werkzeugHash } from "./hashes.ts";
import { blocksOf, everything, mapOf, onBoth, withPlace } from "./place.ts";

const [flaskTables = "", select = ""] = blocksOf("Flask", "sql");
const [flaskMap = ""] = blocksOf("Flask", "ts");
const [flaskSays = ""] = blocksOf("Flask", "text");
const [betterSelect = "", betterDrop = ""] = blocksOf("better-auth", "sql");
const [betterMap = ""] = blocksOf("better-auth", "ts");

const flaskPeople = `
  INSERT INTO users (id, userid, userpw, email, rank, nickname, phone) VALUES
    (1, 'hong', 'gildong!', 'hong@example.com', 'member', '길동', '010-1111'),
    (2, 'x', '1234', 'kim@example.com', NULL, NULL, '010-2222'),
    (7, 'Park Ji', 'a b  c ', 'park@example.com', 'admin', 'ji', NULL);
  INSERT INTO carts (id, user_id, product) VALUES (1, 1, 'apple'), (2, 2, 'pear'), (3, 1, 'fig');
  INSERT INTO posts (id, author_id, body) VALUES (1, 1, 'hello'), (2, 7, 'bye');
`;

onBoth(
  "members of a Flask table sign in as before, and leaving reaches what is theirs",
  async (place) => {
    await place.batch(flaskTables);
    await place.batch(flaskPeople);
    await place.batch(
      "CREATE VIEW by_member AS SELECT nickname, product FROM users JOIN carts " +
        "ON users.id = carts.user_id",
    );
    const before = await everything(place);

    const migrated = await place.run("migrate");
    assert.equal(migrated.code, 1);
    assert.match(
      migrated.text,
      /table \\"users\\" is not Annyeong's.*deno task import.*docs\/existing/,
    );
    const unsure = await place.import(select);
    assert.equal(unsure.code, 1);
    assert.match(unsure.text, /3 passwords are plain text/);
    const dry = await place.import(select, "--plain-passwords");
    assert.equal(dry.code, 0);
    assert.equal(dry.out, flaskSays, "as the document shows it");
    assert.equal(await everything(place), before, "none of these has changed anything");

    // a run that was cut off between its batches
    await place.batch(
      `CREATE TABLE imported_users (id, name);
    INSERT INTO imported_users VALUES (1, 2)`,
    );
    const done = await place.import(select, "--plain-passwords", "--yes");
    assert.equal(done.code, 0, done.text);
    assert.match(done.text, /3 members imported/);
    assert.match(done.text, /left to do: table "carts" is not on the data map/);
    const again = await place.import(select, "--plain-passwords", "--yes");
    assert.equal(again.code, 0);
    assert.match(again.text, /nothing is left to import/);
    assert.doesNotMatch(done.text + dry.text + unsure.text, /hong|example\.com|gildong|010-/);

    if (place.url.startsWith("file:")) {
      for (const file of ["shop.db", "shop.db-wal"]) {
        const bytes = await Deno.readFile(`${place.folder}/${file}`).catch(() => new Uint8Array());
        assert.ok(!new TextDecoder("latin1").decode(bytes).includes("gildong!"), file);
      }
    }

    const app = await place.open(await mapOf(flaskMap, place.folder));
    assert.deepEqual(
      await app.sql("SELECT count(*) AS n FROM imported_users").catch(() => "gone"),
      "gone",
    );
    assert.equal((await app.sql("SELECT * FROM carts")).length, 3, "nothing cascaded");
    assert.equal((await app.sql("SELECT * FROM by_member")).length, 3, "joins find the new table");
    assert.doesNotMatch(
      JSON.stringify(await app.sql("SELECT * FROM users")),
      /gildong!|1234"|a b {2}c/,
    );

    await signIn(app, "x", "1234");
    await signIn(app, "park ji", "a b  c ");
    const hong = await signIn(app, "HONG", "gildong!");
    assert.equal((await hong.get("/userinfo")).json.rank, "member");
    const exported = (await hong.get("/userinfo/export")).json.tables;
    assert.equal(exported.users[0].nickname, "길동");
    assert.equal(exported.users[0].phone, "010-1111");
    assert.deepEqual(exported.carts, [{ product: "apple" }, { product: "fig" }]);
    assert.equal((await join(app, "hong")).status, 409, "the name is taken");

    const late = await newMember(app, "late");
    const [{ id }] = await app.sql("SELECT id FROM users WHERE name = 'late'") as never as [
      { id: string },
    ];
    await app.sql("INSERT INTO carts (user_id, product) VALUES (?, 'plum')", [id]);
    await assert.rejects(app.sql("INSERT INTO carts (user_id, product) VALUES (99, 'x')"));
    assert.equal((await late.get("/userinfo/export")).json.tables.carts.length, 1);

    const left = await hong.send("DELETE", "/withdrawal");
    assert.equal(left.status, 200, left.text);
    assert.doesNotMatch(await everything(place), /hong|길동|010-1111|apple|fig/);
    assert.deepEqual(
      (await app.sql("SELECT product FROM carts ORDER BY id")).map((row) => row.product),
      ["pear", "plum"],
    );
    assert.deepEqual(
      (await app.sql("SELECT author_id, body FROM posts ORDER BY id")).map((row) => [
        row.author_id,
        row.body,
      ]),
      [[null, "hello"], [7, "bye"]],
    );
    assert.equal((await app.sql("SELECT * FROM users")).length, 3);
    await app.close();
  },
);

onBoth(
  "members of better-auth and werkzeug sign in as before, and their hashes become ours",
  async (place) => {
    await place.batch(`
    CREATE TABLE user (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE,
      emailVerified INTEGER NOT NULL, image TEXT, createdAt DATE NOT NULL, updatedAt DATE NOT NULL);
    CREATE TABLE session (id TEXT NOT NULL PRIMARY KEY, token TEXT NOT NULL UNIQUE,
      userId TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE);
    CREATE TABLE account (id TEXT NOT NULL PRIMARY KEY, providerId TEXT NOT NULL,
      userId TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE, password TEXT);
    CREATE TABLE verification (id TEXT NOT NULL PRIMARY KEY, identifier TEXT NOT NULL);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT,
      user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE);
    INSERT INTO user VALUES
      ('aaBB1', 'Hong Gildong', 'hong@example.com', 1, NULL, '2024-02-03T04:05:06.789Z', ''),
      ('ccDD2', 'Kim', 'kim@example.com', 1, NULL, '2024-02-03T04:05:06.789Z', ''),
      ('eeFF3', 'Lee', 'lee@example.com', 1, NULL, '2024-02-03T04:05:06.789Z', '');
    INSERT INTO session VALUES ('s', 't', 'aaBB1');
    INSERT INTO account VALUES ('1', 'credential', 'aaBB1', '${betterAuthHash}'),
      ('2', 'google', 'aaBB1', NULL), ('3', 'credential', 'ccDD2', '${werkzeugHash}'),
      ('4', 'google', 'eeFF3', NULL);
    INSERT INTO notes VALUES (1, 'one', 'aaBB1'), (2, 'two', 'eeFF3');
  `);
    const sql = betterSelect;
    const early = await place.run("migrate"); // nothing is in its way: there is no table of the name
    assert.equal(early.code, 1);
    const refused = await place.import(sql, "--replaces", "user", "--yes");
    assert.equal(refused.code, 1);
    assert.match(refused.text, /rows eeFF3; with --without-passwords/);
    const done = await place.import(sql, "--replaces", "user", "--without-passwords", "--yes");
    assert.equal(done.code, 0, done.text);
    assert.match(done.text, /passwords: 1 better-auth, 1 werkzeug, 1 none/);
    assert.match(done.text, /left to do: table "account" is not on the data map/);
    assert.doesNotMatch(done.text, /example\.com|Hong/);
    assert.equal((await place.sql("SELECT * FROM notes")).length, 2);
    await place.batch(betterDrop);
    assert.equal(
      (await place.sql("SELECT * FROM notes")).length,
      2,
      "dropping cascades to nothing",
    );

    const app = await place.open(await mapOf(betterMap, place.folder));
    const stored = async (id: string) =>
      String(
        (await app.sql("SELECT hash FROM passwords WHERE user_id = ?", [id]))[0]?.hash,
      );
    assert.match(await stored("aaBB1"), /^\$scrypt\$ln=14,r=16,p=1,nf=NFKC\$/);
    assert.match(await stored("ccDD2"), /^\$scrypt\$ln=15,r=8,p=1,nf=none\$/);
    for (
      const [name, id] of [["hong@example.com", "aaBB1"], ["kim@example.com", "ccDD2"]] as const
    ) {
      const wrong = await new Browser(app).send("POST", "/login", {
        user_id: name,
        password: "no",
      });
      assert.equal(wrong.status, 401);
      await signIn(app, name, password);
      assert.match(await stored(id), /^\$scrypt\$ln=4,r=8,p=5\$/, "replaced by a hash of ours");
      await signIn(app, name, password);
    }
    assert.equal(await stored("eeFF3"), "undefined", "nothing is stored for no password");
    for (const password of ["", "null", "google"]) {
      const answer = await new Browser(app).send("POST", "/login", {
        user_id: "lee@example.com",
        password,
      });
      assert.notEqual(answer.status, 200);
    }

    const hong = await signIn(app, "hong@example.com", password);
    assert.equal((await hong.get("/userinfo")).json.joined_at, "2024-02-03T04:05:06.789Z");
    assert.equal(
      (await hong.get("/userinfo/export")).json.tables.users[0].display_name,
      "Hong Gildong",
    );
    assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);
    assert.doesNotMatch(await everything(place), /hong|Hong|"one"/);
    assert.deepEqual((await app.sql("SELECT body FROM notes")).map(({ body }) => body), ["two"]);
    await app.close();
  },
);

Deno.test("rows that cannot be imported are named by id, and nothing changes", async () => {
  await withPlace(false, async (place) => {
    await place.batch(flaskTables);
    await place.batch(`
      INSERT INTO users (id, userid, userpw, email) VALUES
        (1, 'hong', 'first pw', 'hong@example.com'), (2, 'ＨＯＮＧ', 'second pw', 'two@example.com'),
        (3, 'kim', 'third pw', 'HONG@example.com'), (4, 'lee', 'fourth pw', NULL),
        (5, 'pa' || char(8203) || 'rk', 'fifth pw', 'park@example.com'),
        (6, 'choi', '$2b$12$abcdefghijklmnopqrstuv', 'choi@example.com'),
        (8, 'jung', 'e10adc3949ba59abbe56e057f20f883e', 'jung@example.com');
      CREATE TABLE notes (author REFERENCES users (id));
      CREATE TABLE likes (who TEXT REFERENCES users (userid));
      CREATE TABLE sessions (id TEXT);
      CREATE TABLE profiles (user_id INTEGER PRIMARY KEY REFERENCES users (id));
      INSERT INTO notes VALUES (1);
    `);
    await place.loosely("INSERT INTO profiles VALUES (77)");
    const before = await everything(place);
    const args = ["--plain-passwords", "--yes"];
    const tables = await place.import(select, ...args);
    assert.equal(tables.code, 1);
    assert.match(tables.text, /"notes"\."author" has no type.*UPDATE notes SET author = CAST/);
    assert.match(tables.text, /"likes"\."who" refers to another column than id/);
    assert.match(tables.text, /the table "sessions" is in the way/);
    assert.match(tables.text, /1 rows of "profiles" refer to no row/);
    assert.match(tables.text, /"profiles"\."user_id" takes only integers/);
    assert.equal(await everything(place), before);

    await place.batch(`
      DROP TABLE sessions;
      DROP TABLE likes;
      UPDATE notes SET author = CAST(author AS TEXT)
    `);
    const mended = await everything(place);
    const rows = await place.import(select, ...args);
    assert.equal(rows.code, 1);
    assert.match(rows.text, /rows 1 and 2 have the same name/);
    assert.match(rows.text, /rows 1 and 3 have the same e-mail/);
    assert.match(rows.text, /row 4: the e-mail is not an address/);
    assert.match(rows.text, /row 5: the name is not a login name/);
    assert.match(rows.text, /no password that can be taken over: rows 6, 8;/);
    assert.doesNotMatch(tables.text + rows.text, /hong|kim|example\.com|\bpw\b|e10a/i);

    for (
      const [sql, problem] of [
        ["SELECT id, userid AS name, email FROM users", /no column "password"/],
        ["SELECT *, userid AS name, userpw AS password FROM users", /"userpw" holds the passwords/],
        [
          "SELECT *, userid AS name, userpw AS password, 1 AS Name_Key FROM users",
          /"Name_Key" needs another/,
        ],
        [
          "SELECT userid AS id, userid AS name, email, userpw AS password FROM users",
          /7 rows have/,
        ],
        ["SELECT users.id, userid AS name, email, userpw AS password FROM users, posts", /no rows/],
        [
          "SELECT a.id, a.userid AS name, a.email, a.userpw AS password FROM users a, users b",
          /row 1 /,
        ],
        ["SELECT id; DELETE FROM users", /nothing has been imported: .*syntax error/],
        ["DELETE FROM users", /nothing has been imported: .*syntax error/],
        ["SELECT mistyped FROM users", /no such column: mistyped/],
      ] as const
    ) {
      const refused = await place.import(sql, ...args);
      assert.equal(refused.code, 1, sql);
      assert.match(refused.text, problem);
      assert.doesNotMatch(refused.text, /hong|kim|example\.com/i);
    }
    assert.equal(await everything(place), mended, "nothing has changed all the while");
  });
});

onBoth(
  "an import swaps in exactly the rows that were staged, and its batch may arrive twice",
  async (place) => {
    await place.batch(flaskTables);
    await place.batch(flaskPeople);
    const db = await openDatabase({ url: place.url, authToken: undefined, timeoutMs: 5000 });
    const source = new Source(select);
    const preflight = await runPreflight(db, source, "users");
    const stageAll = async () => {
      await openStage(db);
      const { rows } = await readPage(db, source, preflight, null);
      const members = rows.map((row) => {
        const member = readRow(row, 1);
        assert.ok(!Array.isArray(member));
        return { ...member, passwordHash: "none" };
      });
      await stage(db, members);
    };
    for (
      const change of [
        "INSERT INTO users (id, userid, userpw, email) VALUES (9, 'a', 'b', 'c@d.example')",
        "DELETE FROM users WHERE id = 9",
      ]
    ) {
      await stageAll();
      await place.sql(change);
      const before = await everything(place);
      assert.equal(await swap(db, source, preflight, 1), false);
      assert.equal(await everything(place), before, "of the swap nothing has happened");
    }
    assert.equal(await isImported(db), false);
    await stageAll();
    assert.equal(await swap(db, source, preflight, 1), true);
    assert.equal(
      await swap(db, source, preflight, 1),
      true,
      "its answer was lost, so it came again",
    );
    assert.equal((await place.sql("SELECT * FROM users")).length, 3);
    assert.equal((await place.sql("SELECT * FROM carts")).length, 3);
    db.close();
  },
);

onBoth("many rows are read page by page, with ids of any type", async (place) => {
  const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)";
  await place.batch(`
    CREATE TABLE old (id, login TEXT);
    ${numbers} INSERT INTO old SELECT i + 9007199254740991, 'a' || i FROM n;
    ${numbers} INSERT INTO old SELECT 'id' || i, 'b' || i FROM n
  `);
  const ids = "SELECT id, login AS name, login || '@example.com' AS email, '12345678' AS password";
  const done = await place.import(
    `${ids} FROM old -- all of them\n;`,
    "--plain-passwords",
    "--yes",
  );
  assert.match(done.text, /2200 members imported/);
  assert.deepEqual(
    await place.sql("SELECT CAST(id AS TEXT), login FROM old EXCEPT SELECT id, name FROM users"),
    [],
  );
  assert.equal(
    (await place.sql("SELECT login FROM old")).length,
    2200,
    "what is not replaced stays",
  );
});

onBoth("plain passwords that all have the length of a hash are warned of", async (place) => {
  await place.batch(`
    CREATE TABLE old (id INTEGER PRIMARY KEY, login TEXT, pw TEXT);
    INSERT INTO old VALUES (1, 'a1', '606717496665bcba'), (2, 'b2', '0123456789abcdef'),
      (3, 'c3', 'fedcba9876543210')
  `);
  const rows =
    "SELECT id, login AS name, login || '@example.com' AS email, pw AS password FROM old";
  const warning = /warning: all 3 plain passwords are 16 letters long, as hashes are/;
  const dry = await place.import(rows, "--plain-passwords");
  assert.equal(dry.code, 0);
  assert.match(dry.text, warning);
  assert.doesNotMatch(dry.text, /606717|abcdef/);
  const few = await place.import(`${rows} WHERE id < 3`, "--plain-passwords");
  assert.doesNotMatch(few.text, warning, "two may be a coincidence");
  await place.batch("UPDATE old SET pw = 'correct horse 77' WHERE id = 2");
  const typed = await place.import(rows, "--plain-passwords");
  assert.doesNotMatch(typed.text, warning, "a space is in no hash");
});

Deno.test("more of a table is shown only where the map has the table", () => {
  const [users] = alsoShow(ownTables, "users", ["nickname", "email"]);
  assert.deepEqual(users, {
    ...ownTables[0],
    show: ["name", "email", "email_verified_at", "language", "rank", "joined_at", "nickname"],
  });
  assert.throws(() => alsoShow(ownTables, "user", ["nickname"]), /"user" is not on the list/);
  assert.throws(() => alsoShow(ownTables, "audit", ["why"]), /"audit" is not on the list/);
});
