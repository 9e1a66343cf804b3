import assert from "node:assert/strict";
import { compactVerify, createLocalJWKSet } from "jose";
import ownMap from "../../data_map.ts";
import { holdsNobody } from "../../domain/data_map.ts";
import { exportLedger } from "../../runtime/ledger_file.ts";
import { newMember, openApp, type Setup, signIn, type TestApp } from "../support/harness.ts";
import { environmentOf, runTask } from "../support/task.ts";

interface Night {
  app: TestApp;
  env: Record<string, string>;
  backup: string;
  ledger: string;
  /** Where the drill makes its scratch database. */
  scratch: string;
  close(): Promise<void>;
}

/** A service of which a backup was made before two of its three members left. */
async function night(setup: Setup = {}, before?: (app: TestApp) => Promise<void>): Promise<Night> {
  const app = await openApp(setup);
  for (const name of ["hongkildong", "kimyuna", "stays"]) await newMember(app, name);
  await before?.(app);
  const env = environmentOf(app);
  const backup = `${app.folder}/backup.db`;
  const made = await runTask(env, "backup", backup);
  assert.equal(made.code, 0, made.err);
  for (const name of ["hongkildong", "kimyuna"]) {
    await (await signIn(app, name)).send("DELETE", "/withdrawal");
  }
  const ledger = `${app.folder}/ledger.jsonl`;
  await exportLedger(ledger, app.services);
  const scratch = `${app.folder}/scratch`;
  await Deno.mkdir(scratch);
  const close = async () => {
    assert.deepEqual([...Deno.readDirSync(scratch)], [], "the scratch is gone");
    await app.close();
  };
  return { app, env: { ...env, TMPDIR: scratch }, backup, ledger, scratch, close };
}

Deno.test("a drill restores, replays, finds nobody who left, and signs a dated statement", async () => {
  const { app, env, backup, ledger, close } = await night();
  const live = await Deno.readFile(backup);
  const { code, out, err } = await runTask(env, "drill", backup, ledger);
  assert.equal(code, 0, err);
  const today = new Date().toISOString().slice(0, 10);
  assert.match(out, new RegExp(`^Restore drill of ${today}T[^ ]+Z: passed`));
  assert.match(out, /2 members who left were in the backup, 2 were erased again, 3 sessions ended/);
  assert.match(out, /found: nothing of 2 members who left/);
  assert.doesNotMatch(out + err, /hongkildong|kimyuna|stays|example\.com/);

  const jws = out.trimEnd().split("\n").at(-1)!;
  const keys = createLocalJWKSet({ keys: [...app.services.receiptKeys.jwks.keys] });
  const { payload, protectedHeader } = await compactVerify(jws, keys);
  assert.equal(protectedHeader.typ, "restore-drill+jwt");
  const claims = JSON.parse(new TextDecoder().decode(payload));
  assert.deepEqual([claims.iss, claims.passed, claims.found], ["https://members.example", true, 0]);
  assert.deepEqual([claims.ledger.erasures, claims.restored.erased_again], [2, 2]);
  assert.equal(claims.backup.bytes, live.length);
  assert.deepEqual(await Deno.readFile(backup), live, "the backup is as it was");
  assert.equal((await app.sql("SELECT id FROM users")).length, 1, "so is the live database");
  await close();
});

Deno.test("a drill without the replay fails, and says where the members who left are", async () => {
  const { env, backup, ledger, close } = await night();
  const { code, out, err } = await runTask(env, "drill", backup, ledger, "--skip-replay");
  assert.equal(code, 1);
  assert.equal(out, "", "and there is no statement");
  assert.match(err, /the drill failed: the replay was skipped/);
  assert.match(err, /users\.name holds the name of a member who left: 2 times/);
  assert.match(err, /users\.email holds the e-mail of a member who left: 2 times/);
  assert.match(err, /sessions\.user_id holds the id of a member who left: 2 times/);
  assert.doesNotMatch(err, /hongkildong|kimyuna|example\.com/);
  await close();
});

Deno.test("a damaged ledger, or one that is older than the backup, fails a drill", async () => {
  const { app, env, backup, ledger, close } = await night();
  const lines = (await Deno.readTextFile(ledger)).trimEnd().split("\n");
  const cases: [string[], RegExp][] = [
    [lines.slice(0, 2), /ledger\.jsonl: line 3 is missing/],
    [[lines[1]!, lines[0]!, lines[2]!], /ledger\.jsonl: line 1 is erasure 2/],
    [
      [lines[0]!.replace(/"erased_at":\d/, '"erased_at":9'), lines[1]!, lines[2]!],
      /line 1 was edited/,
    ],
  ];
  for (const [damaged, problem] of cases) {
    await Deno.writeTextFile(ledger, damaged.map((line) => `${line}\n`).join(""));
    const { code, out, err } = await runTask(env, "drill", backup, ledger);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, problem);
  }
  await Deno.writeTextFile(ledger, lines.map((line) => `${line}\n`).join(""));
  await (await signIn(app, "stays")).send("DELETE", "/withdrawal");
  const later = `${app.folder}/later.db`;
  assert.equal((await runTask(env, "backup", later)).code, 0);
  const { code, err } = await runTask(env, "drill", later, ledger);
  assert.equal(code, 1);
  assert.match(err, /1 erasures of the backup are not on the ledger: it is older than the backup/);
  await close();
});

Deno.test("a drill finds who left in a table that is said to hold nobody, and in deleted bytes", async () => {
  const tables = [
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
    "CREATE TABLE shelf (id INTEGER PRIMARY KEY, text TEXT)",
  ];
  const nobody = ["notes", "shelf"].map((table) => holdsNobody(table, "a test"));
  const map = { ...ownMap, nobody: [...ownMap.nobody, ...nobody] };
  const { app, env, backup, ledger, close } = await night({ tables, map }, async (app) => {
    await app.sql("INSERT INTO notes (text) VALUES ('ask HongKilDong@Example.com about it')");
    await app.sql("INSERT INTO notes (text) VALUES ('not xhongkildong@example.com, another')");
  });
  const parts = `${app.folder}/operate.ts`;
  const root = new URL("../../", import.meta.url);
  await Deno.writeTextFile(
    parts,
    `import { operate } from "${root}cli/operate.ts";
     import { ownMigrations } from "${root}db/engine/own_migrations.ts";
     import { ownWords } from "${root}messages/mod.ts";
     import ownMap from "${root}data_map.ts";
     const nobody = ["notes", "shelf"].map((table) => ({ disposition: "nobody", table, why: "" }));
     const dataMap = { ...ownMap, nobody: [...ownMap.nobody, ...nobody] };
     await operate({ dataMap, migrations: ownMigrations, words: ownWords }, Deno.args);`,
  );
  const drill = async (path: string) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--config", "deno.json", parts, "drill", path, ledger],
      env,
    }).output();
    const text = new TextDecoder();
    return { code, out: text.decode(stdout), err: text.decode(stderr) };
  };
  const inTable = await drill(backup);
  assert.equal(inTable.code, 1, inTable.err);
  assert.match(inTable.err, /notes\.text holds the e-mail of a member who left: 1 times/);

  const { createClient } = await import("@libsql/client");
  const client = createClient({ url: `file:${backup}` }); // a program that does not overwrite
  await client.execute("PRAGMA secure_delete = OFF");
  await client.execute("PRAGMA journal_mode = DELETE");
  await client.execute("INSERT INTO shelf (text) VALUES ('kimyuna@example.com')");
  await client.execute("DELETE FROM shelf");
  await client.execute("DELETE FROM notes");
  client.close();
  const inBytes = await drill(backup);
  assert.equal(inBytes.code, 1, inBytes.out);
  assert.match(inBytes.err, /values of members who left are in deleted parts of the file/);
  await close();
});

Deno.test("a drill on what is no backup says so, and leaves nothing behind", async () => {
  const { app, env, ledger, close } = await night();
  const text = `${app.folder}/backup.sql`;
  await Deno.writeTextFile(text, "CREATE TABLE users (id TEXT);\n".repeat(10));
  const cases: [string[], number, RegExp][] = [
    [[text, ledger], 1, /backup\.sql is not an SQLite database/],
    [[`${app.folder}/nowhere`, ledger], 1, /nowhere cannot be read \(ENOENT\)/],
    [[text], 2, /^usage: drill BACKUP LEDGER/m],
  ];
  for (const [args, expected, problem] of cases) {
    const { code, err } = await runTask(env, "drill", ...args);
    assert.equal(code, expected, err);
    assert.match(err, problem);
  }
  await close();
});
