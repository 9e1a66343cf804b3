import assert from "node:assert/strict";
import { Browser, newMember, openApp, signIn, type TestApp } from "../support/harness.ts";
import { DatabaseSync } from "node:sqlite";
import { environmentOf, runTask, spawnTask } from "../support/task.ts";
import { checkLedger, ledgerLines } from "../../cli/read_ledger.ts";
import { sha256 } from "../../crypto/tokens.ts";
import { migrate } from "../../db/engine/migrate.ts";
import { appendLedger, exportLedger } from "../../runtime/ledger_file.ts";

const strict = { unsigned: false, withoutTrailer: false };

async function leave(app: TestApp, ...names: string[]): Promise<string[]> {
  const receipts: string[] = [];
  for (const name of names) {
    const { json } = await (await newMember(app, name)).send("DELETE", "/withdrawal");
    receipts.push(json.receipt_id);
  }
  return receipts;
}

const linesIn = async (path: string) => (await Deno.readTextFile(path)).trimEnd().split("\n");

async function copyDatabase(app: TestApp, path: string): Promise<void> {
  await app.db.truncateLog();
  await Deno.copyFile(`${app.folder}/test.db`, path);
}

/** An app on a copy of a database, with its own clock. */
async function restore(app: TestApp, path: string): Promise<TestApp> {
  const restored = await openApp({
    env: { TURSO_DATABASE_URL: `file:${path}` },
    clock: app.clock,
  });
  await migrate(restored.db, app.clock.now());
  return restored;
}

Deno.test("a cut, edited, emptied, reordered or spliced ledger is refused by the number of the line", async () => {
  const app = await openApp();
  const other = await openApp();
  await leave(app, "hong");
  await copyDatabase(app, `${app.folder}/branch.db`);
  await leave(app, "kim", "lee");
  await leave(other, "park", "choi", "han");
  const branch = await restore(app, `${app.folder}/branch.db`); // it goes on with other members
  await leave(branch, "jang", "ma");
  await exportLedger(`${app.folder}/branch.jsonl`, branch.services);
  const [, , third] = await linesIn(`${app.folder}/branch.jsonl`);
  const path = `${app.folder}/ledger.jsonl`;
  await exportLedger(path, app.services);
  await exportLedger(`${other.folder}/ledger.jsonl`, other.services);
  const [one, two, three, trailer] = await linesIn(path) as [string, string, string, string];
  const [, foreign, , foreignTrailer] = await linesIn(`${other.folder}/ledger.jsonl`);
  const edit = (line: string, change: object) => JSON.stringify({ ...JSON.parse(line), ...change });
  const cases: [string, (string | undefined)[], RegExp][] = [
    ["a cut trailer", [one, two, three], /line 4 is missing: the trailer was cut off/],
    ["a cut end", [one, two], /line 3 is missing/],
    ["a cut beginning", [two, three, trailer], /line 1 is erasure 2, but erasure 1 belongs here/],
    ["a cut middle", [one, three, trailer], /line 2 is erasure 3, but erasure 2 belongs here/],
    ["a cut line", [one, two!.slice(0, 90)], /line 2 is not a line of a ledger/],
    ["an early trailer", [one, trailer], /line 2 counts 3 erasures, but 1 come before it/],
    [
      "lines after the trailer",
      [one, two, three, trailer, three],
      /line 5 comes after the trailer/,
    ],
    ["another order", [two, one, three, trailer], /line 1 is erasure 2/],
    ["a line twice", [one, one, two, three, trailer], /line 2 is erasure 1, but erasure 2/],
    ["an edit", [one, edit(two!, { erased_at: 1 }), three, trailer], /line 2 was edited/],
    ["a renumbered line", [edit(two!, { sequence: 1, previous: "" })], /line 1 was edited/],
    ["spaces", [one, ` ${two}`, three, trailer], /line 2 was edited/],
    ["a stripped signature", [edit(one, { signature: undefined })], /line 1 has no signature/],
    [
      "the trailer of another count",
      [one, edit(trailer, { count: 1 })],
      /line 2 counts|line 2 was edited/,
    ],
    [
      "another database's line",
      [one, foreign, three, trailer],
      /line 2 belongs to the ledger of another/,
    ],
    [
      "another database's trailer",
      [one, two, three, foreignTrailer],
      /line 4 belongs to the ledger of/,
    ],
    ["a branch's line", [one, two, third, trailer], /line 3 does not follow from the line before/],
    ["nothing", [], /line 1 is missing: the file is empty/],
  ];
  for (const [what, lines, problem] of cases) {
    const damaged = `${app.folder}/damaged.jsonl`;
    await Deno.writeTextFile(damaged, lines.map((line) => `${line}\n`).join(""));
    await assert.rejects(checkLedger(damaged, app.services.receiptKeys, strict), problem, what);
    await assert.rejects(
      checkLedger(damaged, app.services.receiptKeys, { ...strict, unsigned: true }),
      problem,
      `${what}, although --unsigned is given`,
    );
  }
  await Deno.writeTextFile(`${app.folder}/damaged.jsonl`, `${one}\n${three}\n${trailer}\n`);
  const refused = await runTask(
    environmentOf(app),
    ...["ledger", "replay", `${app.folder}/damaged.jsonl`, "--yes"],
  );
  assert.equal(refused.code, 1);
  assert.match(refused.err, /damaged\.jsonl: line 2 is erasure 3, .*; nothing has been changed/);
  const { chain } = await checkLedger(path, app.services.receiptKeys, strict);
  assert.deepEqual([chain?.count, chain?.trailer?.count], [3, 3]);
  await branch.close();
  await app.close();
  await other.close();
});

Deno.test("a ledger that another key signed is refused, and one of a retired key is not", async () => {
  const app = await openApp();
  await leave(app, "hong");
  const path = `${app.folder}/ledger.jsonl`;
  await exportLedger(path, app.services);
  const { freshSecrets } = await import("../../config/mod.ts");
  const fresh = JSON.parse((await freshSecrets("generated")).RECEIPT_PRIVATE_KEY);
  const { d: _, ...retired } = app.services.config.receiptKeys[0]!;
  const env = environmentOf(app);
  const rotated = { ...env, RECEIPT_PRIVATE_KEY: JSON.stringify([fresh, retired]) };
  assert.equal((await runTask(rotated, "ledger", "replay", path)).code, 0);
  const lost = { ...env, RECEIPT_PRIVATE_KEY: JSON.stringify([fresh]) };
  const { code, err } = await runTask(lost, "ledger", "replay", path);
  assert.equal(code, 1);
  assert.match(err, /line 1 is signed with a key that is not in RECEIPT_PRIVATE_KEY/);
  const again = `${app.folder}/again.jsonl`;
  assert.equal((await runTask(rotated, "ledger", "export", again)).code, 0);
  assert.equal((await runTask(rotated, "ledger", "export", path)).code, 0, "the chain is the same");
  await app.close();
});

Deno.test("an export never takes the place of a ledger that has more, or of another database's", async () => {
  const app = await openApp();
  const other = await openApp();
  await leave(app, "hong");
  await copyDatabase(app, `${app.folder}/backup.db`);
  await leave(app, "kim", "lee");
  const path = `${app.folder}/ledger.jsonl`;
  await exportLedger(path, app.services);
  const before = await Deno.readTextFile(path);
  const restored = await restore(app, `${app.folder}/backup.db`);
  const env = environmentOf(restored);
  const refused = await runTask(env, "ledger", "export", path);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /has erasures that this database does not have: replay it first/);
  assert.equal(await Deno.readTextFile(path), before);
  await assert.rejects(appendLedger(path, restored.services), /replay it first/);
  await assert.rejects(exportLedger(path, other.services), /is the ledger of another database/);
  await assert.rejects(appendLedger(path, other.services), /is the ledger of another database/);
  const notes = `${app.folder}/notes.txt`;
  await Deno.writeTextFile(notes, "hello\n");
  await assert.rejects(exportLedger(notes, app.services), /is not a ledger: see its line 1/);
  assert.equal(await Deno.readTextFile(path), before);
  assert.equal(await Deno.readTextFile(notes), "hello\n");

  assert.equal((await runTask(env, "ledger", "replay", path, "--yes")).code, 0);
  assert.equal((await runTask(env, "ledger", "export", path)).code, 0, "it has them now");
  const names = Array.from(Deno.readDirSync(app.folder), ({ name }) => name);
  assert.deepEqual(names.filter((name) => name.endsWith(".partial")), []);
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  for (const one of [app, other, restored]) await one.close();
});

Deno.test("export --follow adds what happens until SIGTERM, and repairs a line that a crash cut off", async () => {
  const app = await openApp();
  await leave(app, "hong");
  const path = `${app.folder}/ledger.jsonl`;
  const follow = () => spawnTask(environmentOf(app), "ledger", "export", path, "--follow");
  const count = async () => {
    const { chain } = await checkLedger(path, app.services.receiptKeys, strict);
    return chain?.trailer?.count ?? 0;
  };
  const until = async (expected: number) => {
    for (const end = Date.now() + 20_000; Date.now() < end;) {
      if (await count().catch(() => -1) === expected) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail(`the ledger does not get ${expected} lines`);
  };
  const first = follow();
  await until(1);
  const { ino } = await Deno.stat(path);
  await leave(app, "kim", "lee");
  await until(3);
  assert.equal((await Deno.stat(path)).ino, ino, "appended, not written again");
  first.kill("SIGTERM");
  assert.equal((await first.output()).code, 0);

  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.slice(0, text.length - 60)); // as a power cut leaves it
  await leave(app, "park");
  const second = follow();
  await until(4);
  second.kill("SIGTERM");
  assert.equal((await second.output()).code, 0);
  await app.close();
});

Deno.test("export - writes the ledger, and nothing else, to standard output", async () => {
  const app = await openApp();
  await leave(app, "hong", "kim");
  const { code, out } = await runTask(environmentOf(app), "ledger", "export", "-");
  assert.equal(code, 0);
  await Deno.writeTextFile(`${app.folder}/piped.jsonl`, out);
  const { chain } = await checkLedger(
    `${app.folder}/piped.jsonl`,
    app.services.receiptKeys,
    strict,
  );
  assert.equal(chain?.trailer?.count, 2);
  const fresh = { ...environmentOf(app), TURSO_DATABASE_URL: `file:${app.folder}/fresh.db` };
  const empty = await runTask(fresh, "ledger", "export", "-"); // it is migrated, and the log says so
  assert.match(empty.out, /^\{"v":1,[^\n]*"count":0,[^\n]*\}\n$/);
  assert.match(empty.err, /"message":"migrated"/);
  await app.close();
});

Deno.test("replay says what it would do, changes nothing until --yes, and ends sessions last", async () => {
  const app = await openApp();
  await newMember(app, "hong");
  const kim = await newMember(app, "kim");
  await copyDatabase(app, `${app.folder}/backup.db`);
  const { receipt_id } = (await (await signIn(app, "hong")).send("DELETE", "/withdrawal")).json;
  const path = `${app.folder}/ledger.jsonl`;
  await exportLedger(path, app.services);
  const restored = await restore(app, `${app.folder}/backup.db`);
  const env = environmentOf(restored);
  const rows = async () => [
    (await restored.sql("SELECT id FROM users")).length,
    (await restored.sql("SELECT id FROM sessions")).length,
    (await restored.sql("SELECT id FROM audit")).length,
  ];
  const before = await rows();
  const dry = await runTask(env, "ledger", "replay", path);
  assert.equal(dry.code, 0);
  assert.match(dry.out, /1 erasures read, 1 members to erase again, .* 2 sessions to end/);
  assert.match(dry.out, /Nothing has been changed\. To carry this out, add --yes/);
  assert.deepEqual(await rows(), before);
  assert.equal((await kim.copy(restored).get("/userinfo")).status, 200);

  const done = await runTask(env, "ledger", "replay", path, "--yes", "--why", "the disk broke");
  assert.equal(done.code, 0, done.err);
  assert.match(done.out, /1 erasures read, 1 members erased again, .* 2 sessions ended/);
  assert.deepEqual(await rows(), [1, 0, 2]);
  assert.equal((await kim.copy(restored).get("/userinfo")).status, 401);
  assert.equal((await new Browser(restored).get(`/receipts/${receipt_id}`)).status, 200);
  const audit = await restored.sql("SELECT act, operator, why FROM audit ORDER BY act");
  assert.deepEqual(audit.map(({ act, operator, why }) => [act, operator, why]), [
    ["replay", "jin", "the disk broke"],
    ["replay end-sessions", "jin", "the disk broke"],
  ]);
  await restored.close();
  await app.close();
});

Deno.test("a replay that is refused in one line does the others, says which, and ends every session", async () => {
  const tables = [
    "CREATE TABLE deeds (id INTEGER PRIMARY KEY, owner TEXT NOT NULL REFERENCES users (id))",
  ];
  const { default: ownMap } = await import("../../data_map.ts");
  const { holdsNobody } = await import("../../domain/data_map.ts");
  const map = { ...ownMap, nobody: [...ownMap.nobody, holdsNobody("deeds", "a test")] };
  const app = await openApp({ tables, map });
  for (const name of ["hong", "kim"]) await newMember(app, name);
  await app.sql("INSERT INTO deeds (owner) SELECT id FROM users WHERE name = 'hong'");
  await copyDatabase(app, `${app.folder}/backup.db`);
  await app.sql("DELETE FROM deeds");
  for (const name of ["hong", "kim"]) {
    await (await signIn(app, name)).send("DELETE", "/withdrawal");
  }
  const path = `${app.folder}/ledger.jsonl`;
  await exportLedger(path, app.services);
  const restored = await openApp({
    env: { TURSO_DATABASE_URL: `file:${app.folder}/backup.db` },
    clock: app.clock,
    map,
  });
  const { replayLedger } = await import("../../actions/replay_ledger.ts");
  const replay = async () => {
    const { receiptKeys } = restored.services;
    const checked = await checkLedger(path, receiptKeys, strict);
    const lines = ledgerLines(path, checked);
    return await replayLedger(restored.services, lines, checked.chain!.ledger, (act, memberId) => ({
      ...{ operator: "jin", host: "desk", act, memberId, why: "a test" },
    }));
  };
  const run = await replay();
  assert.deepEqual([run.erased, run.refused.map(({ line }) => line)], [1, [1]]);
  assert.deepEqual((await restored.sql("SELECT name FROM users")).map(({ name }) => name), [
    "hong",
  ]);
  assert.equal((await restored.sql("SELECT id FROM sessions")).length, 0);
  await assert.rejects(
    exportLedger(`${app.folder}/half.jsonl`, restored.services),
    /erasure 1 of the ledger was not carried out: run ledger replay again/,
  );
  await restored.sql("DELETE FROM deeds");
  assert.deepEqual((await replay()).erased, 1, "the next replay finishes it");
  assert.equal((await restored.sql("SELECT id FROM users")).length, 0);
  await exportLedger(path, restored.services);
  await restored.close();
  await app.close();
});

Deno.test("a replay that is killed is finished by the next one", async () => {
  const app = await openApp({ env: { THROTTLE_SCALE: "1000" } });
  const names = Array.from({ length: 60 }, (_, n) => `member${n}`);
  for (const name of names) await newMember(app, name);
  await copyDatabase(app, `${app.folder}/backup.db`);
  for (const name of names) await (await signIn(app, name)).send("DELETE", "/withdrawal");
  const path = `${app.folder}/ledger.jsonl`;
  await exportLedger(path, app.services);
  const restored = await restore(app, `${app.folder}/backup.db`);
  const env = environmentOf(restored);
  const left = async () => (await restored.sql("SELECT id FROM users")).length;
  const process = spawnTask(env, "ledger", "replay", path, "--yes");
  // `deno task` passes no SIGKILL on: the replay itself is the process that says how far it is
  while (await left() === names.length) await new Promise((resolve) => setTimeout(resolve, 1));
  await killTree(process.pid);
  await process.output();
  const after = await left();
  assert.ok(after > 0 && after < names.length, `${after} of ${names.length} are left`);
  assert.ok((await restored.sql("SELECT id FROM sessions")).length > 0, "sessions end last");
  const { code, out, err } = await runTask(env, "ledger", "replay", path, "--yes");
  assert.equal(code, 0, err);
  assert.match(out, new RegExp(`60 erasures read, ${after} members erased again`));
  assert.equal(await left(), 0);
  assert.equal((await restored.sql("SELECT id FROM sessions")).length, 0);
  await exportLedger(path, restored.services);
  assert.equal((await linesIn(path)).length, 61);
  await restored.close();
  await app.close();
});

/** Ends a process and those it has started, by their ids. */
async function killTree(pid: number): Promise<void> {
  const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`).catch(() => "");
  for (const child of children.split(" ").filter(Boolean)) await killTree(Number(child));
  Deno.kill(pid, "SIGKILL");
}

/** A line as version 0.1.0 wrote it. */
function unsignedLine(line: string): Record<string, unknown> {
  const { v: _v, ledger: _l, sequence: _s, previous: _p, signature: _g, ...facts } = JSON.parse(
    line,
  );
  return facts;
}

Deno.test("a ledger of version 0.1.0 is replayed with --unsigned and a warning, and not without", async () => {
  const app = await openApp();
  await newMember(app, "hong");
  await copyDatabase(app, `${app.folder}/backup.db`);
  const { receipt_id } = (await (await signIn(app, "hong")).send("DELETE", "/withdrawal")).json;
  const path = `${app.folder}/ledger.jsonl`;
  await exportLedger(path, app.services);
  const [line] = await linesIn(path) as [string];
  await Deno.writeTextFile(path, `${JSON.stringify(unsignedLine(line))}\n`);
  const restored = await restore(app, `${app.folder}/backup.db`);
  const env = environmentOf(restored);
  const refused = await runTask(env, "ledger", "replay", path, "--yes");
  assert.equal(refused.code, 1);
  assert.match(refused.err, /line 1 has no signature: is it of version 0\.1\.0\?/);
  const { code, out, err } = await runTask(env, "ledger", "replay", path, "--yes", "--unsigned");
  assert.equal(code, 0, err);
  assert.match(err, /warning: this ledger is not signed/);
  assert.match(out, /1 members erased again/);
  assert.equal((await new Browser(restored).get(`/receipts/${receipt_id}`)).status, 200);
  assert.equal((await runTask(env, "ledger", "export", path)).code, 0, "a signed one replaces it");
  await checkLedger(path, restored.services.receiptKeys, strict);
  await restored.close();
  await app.close();
});

Deno.test("a backup from before the ledger had an id goes on with the ledger of the lost database", async () => {
  const app = await openApp();
  await leave(app, "early");
  await newMember(app, "hong");
  await copyDatabase(app, `${app.folder}/backup.db`);
  await (await signIn(app, "hong")).send("DELETE", "/withdrawal");
  const path = `${app.folder}/ledger.jsonl`;
  await exportLedger(path, app.services);
  // Our own SQLite: when another copy of the library in this process closes the file, POSIX drops all locks.
  const backup = new DatabaseSync(`${app.folder}/backup.db`);
  backup.exec(`
    BEGIN;
    DROP TRIGGER erasures_into_ledger;
    DROP TABLE erasure_ledger;
    DROP TABLE erasure_ledger_lines;
    DROP TABLE erasure_ledger_copies;
    DELETE FROM migrations WHERE name = '0006_ledger';
    COMMIT`); // as it was before the migration
  backup.close();
  const restored = await restore(app, `${app.folder}/backup.db`);
  const env = environmentOf(restored);
  const { code, out, err } = await runTask(env, "ledger", "replay", path, "--yes");
  assert.equal(code, 0, err);
  assert.match(out, /1 members erased again/);
  assert.doesNotMatch(err, /warning: /);
  assert.equal((await appendLedger(path, restored.services)).sequence, 2, "the file is its own");
  await restored.close();

  const other = await openApp();
  await leave(other, "park");
  await exportLedger(`${other.folder}/own.jsonl`, other.services);
  const foreign = environmentOf(other);
  const refused = await runTask(foreign, "ledger", "replay", path, "--yes");
  assert.equal(refused.code, 1);
  assert.match(refused.err, /is the ledger of another database; add --other-database/);
  await other.close();
  await app.close();
});

Deno.test("no odd value in a line gets into the database, where a receipt would be made of it", async () => {
  const app = await openApp();
  await leave(app, "hong");
  const path = `${app.folder}/ledger.jsonl`;
  await exportLedger(path, app.services);
  const good = unsignedLine((await linesIn(path))[0]!);
  const keep = [{ disposition: "keep", label: { ko: "주문", en: "Orders" }, ground: null }];
  const map = (value: unknown) => {
    const data_map = JSON.stringify(value);
    return { data_map, data_map_id: sha256(data_map) };
  };
  const odd: Record<string, unknown>[] = [
    { member_id: "" },
    { member_id: 7 },
    { receipt_id: "../x" },
    { erased_at: 1e300 },
    { erased_at: "2026-01-01" },
    { erased_at: 1.5 },
    { backup_days: -1 },
    { backup_days: "30" },
    { recipients: "null" },
    { recipients: "[7]" },
    { recipients: '[{"name":"a","kind":"friend"}]' },
    { counts: "null" },
    { counts: "[]" },
    { counts: "{}" },
    { counts: '{"0":7}' },
    { counts: '{"0":[1,0,null],"1":[1,1,9e99]}' },
    { data_map: "null" },
    { data_map: "[7]" },
    { data_map_id: "another" },
    { data_map: `${good.data_map} ` },
    { ...map(keep), counts: '{"0":[0,1,1900000000000]}' },
    {
      ...map([{ ...keep[0], ground: { kind: "law", ko: "", en: "" } }]),
      counts: '{"0":[0,1,null]}',
    },
    { ...map([{ ...keep[0], label: "Orders" }]), counts: '{"0":[1,0,null]}' },
  ];
  const lenient = { unsigned: true, withoutTrailer: false };
  for (const values of odd) {
    await Deno.writeTextFile(path, `${JSON.stringify({ ...good, ...values })}\n`);
    await assert.rejects(
      checkLedger(path, app.services.receiptKeys, lenient),
      /line 1 is not a line of a ledger: "\w+" is not valid/,
      JSON.stringify(values),
    );
  }
  await Deno.writeTextFile(path, `${JSON.stringify(good)}\n`);
  await checkLedger(path, app.services.receiptKeys, lenient);
  await app.close();
});

Deno.test("a ledger without its trailer is replayed on demand, up to the line that was cut off", async () => {
  const app = await openApp();
  const receipts = await leave(app, "hong", "kim");
  const path = `${app.folder}/ledger.jsonl`;
  await exportLedger(path, app.services);
  const [one, two] = await linesIn(path) as [string, string];
  await Deno.writeTextFile(path, `${one}\n${two.slice(0, 200)}`);
  const fresh = await openApp();
  const env = environmentOf(fresh);
  const refused = await runTask(env, "ledger", "replay", path, "--yes");
  assert.match(refused.err, /line 2 is not a line of a ledger/);
  const { code, err } = await runTask(env, "ledger", "replay", path, "--yes", "--without-trailer");
  assert.equal(code, 0, err);
  assert.match(err, /warning: the trailer is missing/);
  const found = receipts.map((id) => new Browser(fresh).get(`/receipts/${id}`));
  assert.deepEqual((await Promise.all(found)).map(({ status }) => status), [200, 404]);
  await fresh.close();
  await app.close();
});

Deno.test("a database that went on without its ledger still erases who is on it, and says so", async () => {
  const app = await openApp();
  for (const name of ["hong", "kim"]) await newMember(app, name);
  await copyDatabase(app, `${app.folder}/backup.db`);
  await (await signIn(app, "hong")).send("DELETE", "/withdrawal");
  const path = `${app.folder}/ledger.jsonl`;
  await exportLedger(path, app.services);
  const restored = await restore(app, `${app.folder}/backup.db`);
  await (await signIn(restored, "kim")).send("DELETE", "/withdrawal"); // before the replay
  await exportLedger(`${app.folder}/own.jsonl`, restored.services);
  const env = environmentOf(restored);
  const { code, out, err } = await runTask(env, "ledger", "replay", path, "--yes");
  assert.equal(code, 0, err);
  assert.match(out, /1 members erased again/);
  assert.match(err, /1 erasures of the database are not on this ledger/);
  assert.equal((await restored.sql("SELECT id FROM users")).length, 0);
  const own = `${app.folder}/own.jsonl`;
  assert.equal((await runTask(env, "ledger", "export", own)).code, 0);
  const { chain } = await checkLedger(own, restored.services.receiptKeys, strict);
  assert.equal(chain?.trailer?.count, 2);
  const changed = await runTask(env, "ledger", "replay", path);
  assert.match(changed.err, /from line 1 on the database has a ledger of its own/);
  await restored.close();
  await app.close();
});

Deno.test("a row that was changed behind the ledger's back is named, and nothing is exported", async () => {
  const app = await openApp();
  await leave(app, "hong", "kim");
  const path = `${app.folder}/ledger.jsonl`;
  await exportLedger(path, app.services);
  const before = await Deno.readTextFile(path);
  await app.sql(
    "UPDATE erasures SET erased_at = erased_at + 1 WHERE erased_at = (SELECT max(erased_at) FROM erasures)",
  );
  await assert.rejects(exportLedger(path, app.services), /erasure \d was changed in the database/);
  assert.equal(await Deno.readTextFile(path), before);
  await app.close();
});
