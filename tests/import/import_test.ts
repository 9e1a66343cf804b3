import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createClient } from "@libsql/client";
import { ownTables } from "../../data_map.ts";
import { isAdopted, openStage, readPage, stage, swap } from "../../db/import/import.ts";
import { openDatabase } from "../../db/engine/database.ts";
import { lookAt, Source } from "../../db/import/preflight.ts";
import { adopt, oldPassword } from "../../domain/import.ts";
import { alsoShow, type DataMap } from "../../domain/data_map.ts";
import { createPasswords, parseHash } from "../../crypto/passwords.ts";
import { sqldPath } from "../../cli/sqld.ts";
import { Browser, join, newMember, openApp, signIn, type TestApp } from "../support/harness.ts";
import { onWorkers, openSqld, testOn } from "../support/stacks.ts";

const blocks = await blocksOf("docs/existing-members.md");

/** The indented and plain code blocks of a document, by language, in order. */
async function blocksOf(path: string) {
  const text = await Deno.readTextFile(path);
  const found = Array.from(
    text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm),
    ([, indent, language, code]) => ({
      language: language!,
      code: code!.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }),
  );
  const of = (language: string) =>
    found.filter((block) => block.language === language).map(({ code }) => code);
  const [flaskTables, flaskSelect, betterSelect, betterDrop] = of("sql");
  const [flaskMap, betterMap] = of("ts");
  const [flaskSays] = of("text");
  return {
    ...{ flaskTables, flaskSelect, betterSelect, betterDrop, flaskMap, betterMap, flaskSays },
  } as Record<string, string>;
}

/** `data_map.ts` with a block of the document in the place of its map. */
async function mapOf(block: string, folder: string): Promise<DataMap> {
  const own = await Deno.readTextFile("data_map.ts");
  const domain = new URL("../../domain/data_map.ts", import.meta.url).href;
  const text = own.slice(0, own.indexOf("const map: DataMap"))
    .replace("import { type", "import { alsoShow, anonymise, type")
    .replace("./domain/data_map.ts", domain);
  const path = `${folder}/map.ts`;
  await Deno.writeTextFile(path, `${text}${block}\nexport default map;\n`);
  return (await import(`file://${path}`)).default;
}

interface Run {
  code: number;
  out: string;
  /** With what went to standard error. */
  text: string;
}

interface Place {
  url: string;
  folder: string;
  sql(text: string): Promise<Record<string, unknown>[]>;
  batch(text: string): Promise<void>;
  /** The same without foreign keys, as sqlite3 of Python has it. */
  loosely(text: string): Promise<void>;
  /** `deno task import` with this SELECT. */
  adopt(select: string, ...args: string[]): Promise<Run>;
  run(task: string): Promise<Run>;
  open(map?: DataMap): Promise<TestApp>;
}

function onBoth(name: string, test: (place: Place) => Promise<void>) {
  for (const stack of ["embedded", "sqld"]) {
    Deno.test({
      name: `${stack}: ${name}`,
      ignore: stack === "sqld" && !sqldPath(),
      fn: () => withPlace(stack === "sqld", test),
    });
  }
}

async function withPlace(onServer: boolean, test: (place: Place) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-adopt-" });
  const sqld = onServer ? await openSqld() : null;
  const url = sqld?.url ?? `file:${folder}/shop.db`;
  const client = createClient({ url });
  const run = async (...words: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", ...words],
      env: { TURSO_DATABASE_URL: url, ANNYEONG_ENV: "development", PASSWORD_COST: "4" },
    }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: decode(stdout), text: decode(stdout) + decode(stderr) };
  };
  try {
    await test({
      url,
      folder,
      run,
      sql: async (text) => (await client.execute(text)).rows as Record<string, unknown>[],
      batch: async (text) => {
        await client.batch(statementsOf(text), "write");
      },
      loosely: async (text) => {
        await client.migrate(statementsOf(text));
      },
      adopt: async (select, ...args) => {
        await Deno.writeTextFile(`${folder}/adopt.sql`, select);
        return await run("import", `${folder}/adopt.sql`, ...args);
      },
      open: (map) =>
        openApp({
          env: { TURSO_DATABASE_URL: url, THROTTLE_SCALE: "1000" },
          ...(map && { map }),
        }),
    });
  } finally {
    client.close();
    await sqld?.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

function statementsOf(text: string): string[] {
  return text.split(/;\s*$/m).filter((part) => part.trim());
}

/** Schema and rows of everything, in one text. */
async function everything(place: Place): Promise<string> {
  const tables = await place.sql("SELECT name, sql FROM sqlite_schema ORDER BY name");
  const rows = [];
  for (const { name, sql } of tables) {
    if (sql && String(sql).startsWith("CREATE TABLE")) {
      rows.push(await place.sql(`SELECT * FROM [${name}]`));
    }
  }
  return JSON.stringify([tables, rows]);
}

const flaskPeople = `
  INSERT INTO users (id, userid, userpw, email, rank, nickname, phone) VALUES
    (1, 'hong', 'gildong!', 'hong@example.com', 'member', '길동', '010-1111'),
    (2, 'x', '1234', 'kim@example.com', NULL, NULL, '010-2222'),
    (7, 'Park Ji', 'a b  c ', 'park@example.com', 'admin', 'ji', NULL);
  INSERT INTO carts (id, user_id, product) VALUES (1, 1, 'apple'), (2, 2, 'pear'), (3, 1, 'fig');
  INSERT INTO posts (id, author_id, body) VALUES (1, 1, 'hello'), (2, 7, 'bye');
`;
const select = blocks.flaskSelect!;

onBoth(
  "members of a Flask table sign in as before, and leaving reaches what is theirs",
  async (place) => {
    await place.batch(blocks.flaskTables!);
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
    const unsure = await place.adopt(select);
    assert.equal(unsure.code, 1);
    assert.match(unsure.text, /3 passwords are plain text/);
    const dry = await place.adopt(select, "--plain-passwords");
    assert.equal(dry.code, 0);
    assert.equal(dry.out, blocks.flaskSays, "as the document shows it");
    assert.equal(await everything(place), before, "none of these has changed anything");

    // a run that was cut off between its batches
    await place.batch(
      `CREATE TABLE adopted_users (id, name);
    INSERT INTO adopted_users VALUES (1, 2)`,
    );
    const done = await place.adopt(select, "--plain-passwords", "--yes");
    assert.equal(done.code, 0, done.text);
    assert.match(done.text, /3 members adopted/);
    assert.match(done.text, /left to do: table "carts" is not on the data map/);
    const again = await place.adopt(select, "--plain-passwords", "--yes");
    assert.equal(again.code, 0);
    assert.match(again.text, /nothing is left to adopt/);
    assert.doesNotMatch(done.text + dry.text + unsure.text, /hong|example\.com|gildong|010-/);

    if (place.url.startsWith("file:")) {
      for (const file of ["shop.db", "shop.db-wal"]) {
        const bytes = await Deno.readFile(`${place.folder}/${file}`).catch(() => new Uint8Array());
        assert.ok(!new TextDecoder("latin1").decode(bytes).includes("gildong!"), file);
      }
    }

    const app = await place.open(await mapOf(blocks.flaskMap!, place.folder));
    assert.deepEqual(
      await app.sql("SELECT count(*) AS n FROM adopted_users").catch(() => "gone"),
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

/** Made by `hashPassword` of better-auth 1.7.25, and by `generate_password_hash` of werkzeug. */
const fish = "ﬁsh & chips"; // NFKC makes two letters of the first
const betterHash =
  "a1b2d91ebb4b4b39f6581a269be71fc7:04dbe2782b854fe0608e08d222a8113f0c8899826efa31d32b612dbeae9596008095e9723b505fbe634ab8f1925ff9f9cf43d741bb3c4b9458229eadce78df75";
const werkzeugHash =
  "scrypt:32768:8:1$WDl6VqFcZIVjPVOh$139ad75777664781c7b57c4f9a015cdc19040ed2c9e144a9c9bb831c675e767bc0e27f17f22486f202d7dcb1b26cc5b6ad727d3f77f10abb02accecc6ed5569c";

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
    INSERT INTO account VALUES ('1', 'credential', 'aaBB1', '${betterHash}'),
      ('2', 'google', 'aaBB1', NULL), ('3', 'credential', 'ccDD2', '${werkzeugHash}'),
      ('4', 'google', 'eeFF3', NULL);
    INSERT INTO notes VALUES (1, 'one', 'aaBB1'), (2, 'two', 'eeFF3');
  `);
    const sql = blocks.betterSelect!;
    const early = await place.run("migrate"); // nothing is in its way: there is no table of the name
    assert.equal(early.code, 1);
    const refused = await place.adopt(sql, "--replaces", "user", "--yes");
    assert.equal(refused.code, 1);
    assert.match(refused.text, /rows eeFF3; with --without-passwords/);
    const done = await place.adopt(sql, "--replaces", "user", "--without-passwords", "--yes");
    assert.equal(done.code, 0, done.text);
    assert.match(done.text, /passwords: 1 better-auth, 1 werkzeug, 1 none/);
    assert.match(done.text, /left to do: table "account" is not on the data map/);
    assert.doesNotMatch(done.text, /example\.com|Hong/);
    assert.equal((await place.sql("SELECT * FROM notes")).length, 2);
    await place.batch(blocks.betterDrop!);
    assert.equal(
      (await place.sql("SELECT * FROM notes")).length,
      2,
      "dropping cascades to nothing",
    );

    const app = await place.open(await mapOf(blocks.betterMap!, place.folder));
    const stored = async (id: string) =>
      String(
        (await app.sql("SELECT password_hash FROM users WHERE id = ?", [id]))[0]!.password_hash,
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
      await signIn(app, name, fish);
      assert.match(await stored(id), /^\$scrypt\$ln=4,r=8,p=5\$/, "hashed anew");
      await signIn(app, name, fish);
    }
    assert.equal(parseHash(await stored("eeFF3")).key.length, 32);
    for (const password of ["", "null", "google"]) {
      const answer = await new Browser(app).send("POST", "/login", {
        user_id: "lee@example.com",
        password,
      });
      assert.notEqual(answer.status, 200);
    }

    const hong = await signIn(app, "hong@example.com", fish);
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

Deno.test("what cannot be adopted is said by row id, and nothing changes", async () => {
  await withPlace(false, async (place) => {
    await place.batch(blocks.flaskTables!);
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
    const tables = await place.adopt(select, ...args);
    assert.equal(tables.code, 1);
    assert.match(tables.text, /"notes"\."author" has no type.*UPDATE notes SET author = CAST/);
    assert.match(tables.text, /"likes"\."who" refers to another column than id/);
    assert.match(tables.text, /the table "sessions" is in the way/);
    assert.match(tables.text, /1 rows of "profiles" refer to nobody/);
    assert.match(tables.text, /"profiles"\."user_id" takes integers alone/);
    assert.equal(await everything(place), before);

    await place.batch(`
      DROP TABLE sessions;
      DROP TABLE likes;
      UPDATE notes SET author = CAST(author AS TEXT)
    `);
    const mended = await everything(place);
    const rows = await place.adopt(select, ...args);
    assert.equal(rows.code, 1);
    assert.match(rows.text, /rows 1 and 2 have the same name/);
    assert.match(rows.text, /rows 1 and 3 have the same e-mail/);
    assert.match(rows.text, /row 4: the e-mail is no address/);
    assert.match(rows.text, /row 5: the name is no login name/);
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
        ["SELECT id; DELETE FROM users", /nothing has been adopted: .*syntax error/],
        ["DELETE FROM users", /nothing has been adopted: .*syntax error/],
        ["SELECT mistyped FROM users", /no such column: mistyped/],
      ] as const
    ) {
      const refused = await place.adopt(sql, ...args);
      assert.equal(refused.code, 1, sql);
      assert.match(refused.text, problem);
      assert.doesNotMatch(refused.text, /hong|kim|example\.com/i);
    }
    assert.equal(await everything(place), mended, "nothing has changed all the while");
  });
});

onBoth("a swap takes exactly the rows that were staged, and may arrive twice", async (place) => {
  await place.batch(blocks.flaskTables!);
  await place.batch(flaskPeople);
  const db = await openDatabase({ url: place.url, authToken: undefined, timeoutMs: 5000 });
  const source = new Source(select);
  const outlook = await lookAt(db, source, "users");
  const stageAll = async () => {
    await openStage(db);
    const { rows } = await readPage(db, source, outlook, null);
    const members = rows.map((row) => {
      const member = adopt(row, 1);
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
    assert.equal(await swap(db, source, outlook, 1), false);
    assert.equal(await everything(place), before, "of the swap nothing has happened");
  }
  assert.equal(await isAdopted(db), false);
  await stageAll();
  assert.equal(await swap(db, source, outlook, 1), true);
  assert.equal(await swap(db, source, outlook, 1), true, "its answer was lost, so it came again");
  assert.equal((await place.sql("SELECT * FROM users")).length, 3);
  assert.equal((await place.sql("SELECT * FROM carts")).length, 3);
  db.close();
});

onBoth("many rows are read page by page, whatever their ids are like", async (place) => {
  const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)";
  await place.batch(`
    CREATE TABLE old (id, login TEXT);
    ${numbers} INSERT INTO old SELECT i + 9007199254740991, 'a' || i FROM n;
    ${numbers} INSERT INTO old SELECT 'id' || i, 'b' || i FROM n
  `);
  const ids = "SELECT id, login AS name, login || '@example.com' AS email, '12345678' AS password";
  const done = await place.adopt(`${ids} FROM old -- all of them\n;`, "--plain-passwords", "--yes");
  assert.match(done.text, /2200 members adopted/);
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

Deno.test("a password is told by its form, and what nobody could verify is none", () => {
  const long = "ab".repeat(64);
  for (
    const [text, form] of [
      ["hunter2", "plain"],
      ["a:b$c", "plain"],
      [betterHash, "better-auth"],
      [werkzeugHash, "werkzeug"],
      ["$scrypt$ln=14,r=8,p=5$c2FsdHNhbHRzYWx0c2FsdA$" + "a".repeat(43), "annyeong"],
      ["$scrypt$ln=14,r=8,p=5$c2FsdHNhbHRzYWx0c2FsdA$YQ", "none"], // too short a key
      ["$scrypt$ln=20,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + "a".repeat(43), "none"], // 1 GiB
      [`scrypt:1048576:8:1$salt$${long}`, "none"],
      [`scrypt:1000:8:1$salt$${long}`, "none"],
      ["$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", "none"],
      ["pbkdf2:sha256:600000$salt$0011", "none"],
      ["$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "none"],
      ["5f4dcc3b5aa765d61d8327deb882cf99", "none"],
      ["*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", "none"], // PASSWORD() of MySQL
      ["md55f4dcc3b5aa765d61d8327deb882cf99", "none"], // PostgreSQL
      ["0x5f4dcc3b5aa765d61d8327deb882cf99", "none"],
      ["X03MO1qnZdYdgyfeuILPmQ==", "none"], // 16 bytes
      ["X03MO1qnZdYdgyfeuILPmQ", "none"],
      ["W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "none"], // 20
      ["XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=", "none"], // 32
      ["XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg", "none"],
      [Buffer.from(long, "hex").toString("base64"), "none"], // 64
      ["ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs", "none"],
      ["X03MO1qnZdYdgyfeuILPmR", "plain"], // its last letter has bits that no byte has
      ["correct-horse-battery-Q", "plain"],
      ["correcthorsebatterystQ", "none"], // 16 bytes, and unlikely a word
      ["correcthorsebatterystw", "plain"], // of one case
      ["*not a hash at all", "plain"],
      ["", "none"],
      [null, "none"],
      ["x".repeat(257), "none"], // longer than the form of sign-in takes
    ] as const
  ) {
    assert.equal(oldPassword(text).form, form, String(text));
  }
});

onBoth("passwords that may be hashes of a make nobody knows are warned of", async (place) => {
  await place.batch(`
    CREATE TABLE old (id INTEGER PRIMARY KEY, login TEXT, pw TEXT);
    INSERT INTO old VALUES (1, 'a1', '606717496665bcba'), (2, 'b2', '0123456789abcdef'),
      (3, 'c3', 'fedcba9876543210')
  `);
  const rows =
    "SELECT id, login AS name, login || '@example.com' AS email, pw AS password FROM old";
  const warning = /warning: all 3 plain passwords are 16 letters long, as hashes are/;
  const dry = await place.adopt(rows, "--plain-passwords");
  assert.equal(dry.code, 0);
  assert.match(dry.text, warning);
  assert.doesNotMatch(dry.text, /606717|abcdef/);
  const few = await place.adopt(`${rows} WHERE id < 3`, "--plain-passwords");
  assert.doesNotMatch(few.text, warning, "two may be a coincidence");
  await place.batch("UPDATE old SET pw = 'correct horse 77' WHERE id = 2");
  const typed = await place.adopt(rows, "--plain-passwords");
  assert.doesNotMatch(typed.text, warning, "a space is in no hash");
});

Deno.test("a hash made elsewhere counts with the memory that it takes", async () => {
  const hash = oldPassword(werkzeugHash);
  assert.ok("ready" in hash);
  const passwords = createPasswords(4, 48); // a hash of werkzeug takes 32 MiB, ours next to nothing
  const first = passwords.verify(fish, hash.ready);
  await assert.rejects(passwords.verify(fish, hash.ready), { code: "unavailable" });
  assert.equal(await passwords.verify("x", null), false);
  assert.equal(await first, true);
  assert.equal(
    await passwords.verify(fish.normalize("NFKC"), hash.ready),
    false,
    "as it was typed",
  );
  assert.ok(passwords.isWeak(hash.ready));
});

testOn(onWorkers, "a Worker verifies hashes that were made elsewhere", async (service) => {
  await join(service, "hong");
  for (const made of [betterHash, werkzeugHash]) {
    const hash = oldPassword(made);
    assert.ok("ready" in hash);
    await service.sql("UPDATE users SET password_hash = ?", [hash.ready]);
    await signIn(service, "hong", fish);
    const [row] = await service.sql("SELECT password_hash FROM users");
    assert.match(String(row!.password_hash), /^\$scrypt\$ln=4,r=8,p=5\$/);
  }
});

Deno.test("more of a table is shown only where the map has the table", () => {
  const [users] = alsoShow(ownTables, "users", ["nickname", "email"]);
  assert.deepEqual(users, {
    ...ownTables[0],
    show: ["name", "email", "rank", "joined_at", "nickname"],
  });
  assert.throws(() => alsoShow(ownTables, "user", ["nickname"]), /"user" is not on the list/);
  assert.throws(() => alsoShow(ownTables, "audit", ["why"]), /"audit" is not on the list/);
});
