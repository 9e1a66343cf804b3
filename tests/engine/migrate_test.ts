import assert from "node:assert/strict";
import { freshSecrets } from "../../config/mod.ts";
import { startService } from "../support/process.ts";
import { taskOn } from "../support/task.ts";
import { openDatabase } from "../../db/engine/database.ts";
import { isCurrent, migrate } from "../../db/engine/migrate.ts";
import { ownMigrations } from "../../db/engine/own_migrations.ts";
import { ownTableNames } from "../../db/engine/own_tables.ts";
import { sqldPath } from "../../cli/sqld.ts";
import { openSqld } from "../support/stacks.ts";

async function check(url: string) {
  const open = () => openDatabase({ url, authToken: undefined, timeoutMs: 5000 });
  const databases = [await open(), await open()];
  assert.equal(await isCurrent(databases[0]!), false);
  const ran = await Promise.all(databases.map((db) => migrate(db, 1)));
  const all = ran.flat().toSorted();
  const files = Array.from(Deno.readDirSync("db/migrations"), ({ name }) => name.slice(0, -4));
  assert.deepEqual(all, files.toSorted(), "each ran once, whichever of two runs did it");
  assert.deepEqual(await migrate(databases[0]!, 2), []);
  assert.equal(await isCurrent(databases[1]!), true);

  const [tables] = await databases[0]!.read([
    `SELECT name, strict FROM pragma_table_list
     WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'`,
  ]);
  assert.ok(tables!.rows.length >= 10);
  for (const { name, strict } of tables!.rows) assert.equal(strict, 1, `${name} is STRICT`);
  databases.forEach((db) => db.close());
}

Deno.test("the lists of our own tables name those that the migrations make", () => {
  const made = ownMigrations.flatMap(({ sql }) =>
    Array.from(sql.matchAll(/^CREATE TABLE (\w+) \(([^]*?)^\)/gm), ([, name, columns]) => ({
      name: name!,
      isOfUsers: columns!.includes("REFERENCES users"),
    }))
  ).filter(({ name }) => name !== "users");
  const namesOf = (tables: typeof made) => new Set(tables.map(({ name }) => name));
  assert.deepEqual(ownTableNames, {
    all: namesOf(made),
    withoutUsers: namesOf(made.filter(({ isOfUsers }) => !isOfUsers)),
  });
});

Deno.test("two migrations at once bring an embedded database to one schema", async () => {
  const folder = await Deno.makeTempDir();
  await check(`file:${folder}/test.db`);
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "two migrations at once bring sqld to one schema",
  ignore: !sqldPath(),
  async fn() {
    const sqld = await openSqld();
    await check(sqld.url);
    await sqld.stop();
  },
});

/** Everything that an app's migration may hold, in one text. */
const apps = `
CREATE TABLE one (id INTEGER PRIMARY KEY, text TEXT); CREATE TABLE two (id INTEGER PRIMARY KEY);
INSERT INTO one (text) VALUES ('tea -- fine');
CREATE TABLE three (text TEXT); /* three */
CREATE TRIGGER loud AFTER INSERT ON one BEGIN
  UPDATE one SET text = CASE WHEN new.text = '' THEN NULL ELSE upper(new.text) END WHERE id = new.id;
END ;
INSERT INTO one (text) VALUES ('quiet; really'); INSERT INTO three VALUES ('/* no comment')`;

async function whole(url: string) {
  const db = await openDatabase({ url, authToken: undefined, timeoutMs: 5000 });
  const migrations = [...ownMigrations, { name: "0001_app", sql: apps }];
  assert.equal((await migrate(db, 1, migrations)).at(-1), "0001_app");
  const [texts] = await db.read([
    "SELECT text FROM one UNION ALL SELECT count(*) FROM two UNION ALL SELECT text FROM three",
  ]);
  assert.deepEqual(
    texts!.rows.map(({ text }) => text),
    ["tea -- fine", "QUIET; REALLY", 0, "/* no comment"],
  );
  db.close();
}

async function broken(url: string) {
  const db = await openDatabase({ url, authToken: undefined, timeoutMs: 5000 });
  await migrate(db, 1);
  const problems: [string, RegExp][] = [
    ["CREATE TABEL reviews (id);", /^migration "0002_reviews": .*TABEL/],
    ["INSERT INTO users (id) VALUES (NULL)", /^migration "0002_reviews": NOT NULL constraint/],
    ["INSERT INTO half VALUES (1, 2)", /^migration "0002_reviews": table half has 1 columns but 2/],
    ["INSERT INTO half VALUES ('x')", /^migration "0002_reviews": datatype mismatch$/],
    ["/* now */ commit; CREATE TABEL x", /^migration "0002_reviews": COMMIT has no place here/],
    ["PRAGMA foreign_keys = OFF;", /^migration "0002_reviews": PRAGMA has no place here: each/],
    ["SELECT 1\0; CREATE TABLE lost (a)", /^migration "0002_reviews": it holds a character/],
  ];
  for (const [sql, message] of problems) {
    const text = `CREATE TABLE half (id INTEGER PRIMARY KEY); ${sql}`;
    const migrations = [...ownMigrations, { name: "0002_reviews", sql: text }];
    for (const _ of ["at first", "and again"]) {
      await assert.rejects(migrate(db, 1, migrations), { name: "BrokenMigration", message });
    }
    assert.equal(await isCurrent(db, migrations), false);
    const [left] = await db.read(["SELECT * FROM sqlite_schema WHERE name = 'half'"]);
    assert.deepEqual(left!.rows, [], "nothing of it stays");
  }
  db.close();
}

const parents = "CREATE TABLE shops (id INTEGER PRIMARY KEY, name TEXT)";
const children = `CREATE TABLE teas (
  id INTEGER PRIMARY KEY, shop INTEGER NOT NULL REFERENCES shops (id) ON DELETE CASCADE)`;

/** The steps that SQLite's manual gives for changing a table in ways that ALTER TABLE cannot. */
const rebuilt = `
  CREATE TABLE shops_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL DEFAULT 'Seoul');
  INSERT INTO shops_new (id, name) SELECT id, name FROM shops;
  DROP TABLE shops;
  ALTER TABLE shops_new RENAME TO shops`;

async function rebuild(url: string) {
  const db = await openDatabase({ url, authToken: undefined, timeoutMs: 5000 });
  const first = {
    name: "0001_shops",
    sql: `${parents}; ${children}; INSERT INTO shops VALUES (1, 'Haru'), (2, 'Bom');
      INSERT INTO teas VALUES (1, 1), (2, 2)`,
  };
  await migrate(db, 1, [...ownMigrations, first]);
  const losing = rebuilt.replace("FROM shops;", "FROM shops WHERE id = 1;");
  const broken = { name: "0002_cities", sql: losing, rebuild: true };
  await assert.rejects(migrate(db, 1, [...ownMigrations, first, broken]), {
    name: "BrokenMigration",
    message: /^migration "0002_cities": a foreign key would refer to a row that is not there/,
  });
  const [names] = await db.read(["SELECT name FROM shops ORDER BY id"]);
  assert.deepEqual(names!.rows.map(({ name }) => name), ["Haru", "Bom"], "nothing of it stays");

  const second = { name: "0002_cities", sql: rebuilt, rebuild: true };
  assert.deepEqual(await migrate(db, 1, [...ownMigrations, first, second]), ["0002_cities"]);
  assert.deepEqual(await migrate(db, 2, [...ownMigrations, first, second]), []);
  const [rows] = await db.read([
    "SELECT teas.id, shops.city FROM teas JOIN shops ON shops.id = teas.shop ORDER BY teas.id",
  ]);
  assert.deepEqual(rows!.rows.map((row) => ({ ...row })), [
    { id: 1, city: "Seoul" },
    { id: 2, city: "Seoul" },
  ]);
  await db.write(["DELETE FROM shops WHERE id = 1"]);
  const [left] = await db.read(["SELECT id FROM teas"]);
  assert.deepEqual(left!.rows.map(({ id }) => id), [2], "foreign keys hold again");
  db.close();
}

async function edited(url: string) {
  const db = await openDatabase({ url, authToken: undefined, timeoutMs: 5000 });
  const withApp = (sql: string) => [...ownMigrations, { name: "0001_app", sql }];
  await migrate(db, 1, withApp("CREATE TABLE one (id TEXT)"));
  const comment = "-- ours\r\nCREATE TABLE one (\n  id TEXT -- the id\n);";
  assert.deepEqual(await migrate(db, 2, withApp(comment)), [], "a comment is no change");
  await assert.rejects(migrate(db, 3, withApp("CREATE TABLE one (id TEXT, name TEXT)")), {
    name: "BrokenMigration",
    message: /^migration "0001_app": it was edited after it ran on this database/,
  });
  assert.deepEqual(await migrate(db, 4), [], "an older version, which does not know it");
  await db.write(["UPDATE migrations SET checksum = NULL"]); // from a time before there were checksums
  await migrate(db, 5, withApp("CREATE TABLE one (id TEXT)"));
  const [noted] = await db.read(["SELECT name FROM migrations WHERE length(checksum) <> 64"]);
  assert.deepEqual(noted!.rows, []);
  db.close();
}

const claims: [string, (url: string) => Promise<void>][] = [
  ["a migration that was edited after it ran is named, and an edited comment is not", edited],
  ["no statement of an app's migration is lost, however it is written", whole],
  ["a migration can rebuild a table that others refer to, and loses none of their rows", rebuild],
  ["a migration that does not fit is named, and nothing of it stays", broken],
];
for (const [name, test] of claims) {
  Deno.test(`embedded: ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    await test(`file:${folder}/test.db`);
    await Deno.remove(folder, { recursive: true });
  });
  Deno.test({
    name: `sqld: ${name}`,
    ignore: !sqldPath(),
    async fn() {
      const sqld = await openSqld();
      await test(sqld.url);
      await sqld.stop();
    },
  });
}

Deno.test("an app with a broken migration does not start, and says which and why", async () => {
  const folder = await Deno.makeTempDir();
  const path = (name: string) => new URL(`../../${name}`, import.meta.url).href;
  await Deno.writeTextFile(
    `${folder}/members.ts`,
    `import { dataMap, membership, ownTables } from "${path("mod.ts")}";
    const migrations = [{ name: "0001_reviews", sql: "CREATE TABEL reviews (id)" }];
    export default membership({ dataMap: dataMap(ownTables), migrations });`,
  );
  await Deno.writeTextFile(
    `${folder}/operate.ts`,
    `import { operate } from "${path("cli/operate.ts")}";
    import members from "./members.ts";
    await operate(members.parts, Deno.args);`,
  );
  await Deno.writeTextFile(
    `${folder}/main.ts`,
    `import members from "./members.ts";
    export default await members.serve(members.app);`,
  );
  const env = {
    ANNYEONG_ENV: "development",
    ...await freshSecrets("generated"),
    TURSO_DATABASE_URL: `file:${folder}/test.db`,
  };
  const tries = [["run", "operate.ts", "migrate"], ["run", "operate.ts", "jobs"], [
    "serve",
    "main.ts",
  ]];
  for (const [command, file, ...rest] of tries) {
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [command!, "-A", "--no-check", "--config", config, `${folder}/${file}`, ...rest],
      env,
    }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.equal(code, 1);
    const said = decode(stdout) + decode(stderr);
    assert.ok(
      said.includes(String.raw`migration \"0001_reviews\": near \"TABEL\": syntax error`),
      said,
    );
    assert.doesNotMatch(said, /does not answer/);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("deno task migrate names the database and every column that is missing", async () => {
  const folder = await Deno.makeTempDir();
  const url = `file:${folder}/test.db`;
  const first = await taskOn(folder, ["migrate"]);
  assert.equal(first.code, 0, first.err);
  assert.ok(first.out.includes(`\ndatabase: ${url} (it was empty)\n`), first.out);
  const db = await openDatabase({ url, authToken: undefined, timeoutMs: 5000 });
  await db.write(["ALTER TABLE users DROP COLUMN rank", "DROP TABLE audit"]);
  const second = await taskOn(folder, ["migrate"]);
  assert.equal(second.code, 1);
  assert.ok(second.out.includes(`\ndatabase: ${url}\n`), second.out);
  for (const column of ['users"."rank', 'audit"."why']) {
    assert.ok(second.err.includes(`column "${column}" is missing`), second.err);
  }
  await db.write(["UPDATE migrations SET checksum = 'x' WHERE name = '0001_members'"]);
  const third = await taskOn(folder, ["migrate"]);
  assert.equal(third.code, 1);
  assert.ok(third.err.includes(`"database":"${url}"`), third.err);
  db.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("in production a command without TURSO_DATABASE_URL makes no database of its own", async () => {
  const folder = await Deno.makeTempDir();
  const path = (name: string) => new URL(`../../${name}`, import.meta.url).pathname;
  const production = {
    ...await freshSecrets("production"),
    PUBLIC_ORIGIN: "http://127.0.0.1:8000",
  };
  for (const command of ["migrate", "jobs", "admin"]) {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", "--config", path("deno.json"), path(`cli/${command}.ts`)],
        ...(command === "admin" ? ["pending"] : []),
      ],
      cwd: folder,
      env: { ...production, TURSO_DATABASE_URL: "", ANNYEONG_ENV: "" },
    }).output();
    assert.equal(code, 1, command);
    const said = new TextDecoder().decode(stderr);
    assert.ok(said.includes(`TURSO_DATABASE_URL is missing, and ${folder}/data/annyeong.db`), said);
    assert.deepEqual([...Deno.readDirSync(folder)], [], command);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an older version on a newer schema starts, and says so", async () => {
  const folder = await Deno.makeTempDir();
  const db = await openDatabase({
    url: `file:${folder}/test.db`,
    authToken: undefined,
    timeoutMs: 5000,
  });
  const newer = { name: "9999_newer", sql: "CREATE TABLE newer (user_id TEXT)" };
  await migrate(db, 1, [...ownMigrations, newer]);
  db.close();
  const service = await startService(folder);
  const status = async (path: string) => {
    const response = await fetch(service.origin + path);
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await status("/readyz"), 200);
  assert.equal(await status("/readyz/withdrawal"), 503, "its table is not on the data map");
  const migrated = await taskOn(folder, ["migrate"]);
  assert.match(migrated.err, /warning: a newer version has migrated this database: 9999_newer/);
  await service.kill();
  assert.match(
    await service.log,
    /the schema is newer than this version.*"unknown":\["9999_newer"\]/,
  );
  await Deno.remove(folder, { recursive: true });
});
