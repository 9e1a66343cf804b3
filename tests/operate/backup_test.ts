import assert from "node:assert/strict";
import { createClient } from "@libsql/client";
import { newMember, openApp, signIn, withApp } from "../support/harness.ts";
import { environmentOf, runTask } from "../support/task.ts";

Deno.test("a backup is whole while members come and go, and only its owner can read it", async () => {
  await withApp({ env: { THROTTLE_SCALE: "1000" } }, async (app) => {
    await newMember(app, "hong");
    let stopped = false;
    const traffic = (async () => {
      for (let n = 0; !stopped; n++) {
        const browser = await newMember(app, `guest${n}`);
        if (n % 2 === 0) await browser.send("DELETE", "/withdrawal");
      }
    })();
    const path = `${app.folder}/backup.db`;
    const { code, out, err } = await runTask(environmentOf(app), "backup", path);
    stopped = true;
    await traffic;
    assert.equal(code, 0, err);
    assert.match(out, /backup\.db: \d+ bytes, checked/);
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    const files = Array.from(Deno.readDirSync(app.folder), ({ name }) => name);
    assert.deepEqual(files.filter((name) => /backup\.db.+|partial/.test(name)), []);

    const client = createClient({ url: `file:${path}` });
    const [whole] = (await client.execute("PRAGMA integrity_check")).rows;
    assert.equal(whole!.integrity_check, "ok");
    const { rows } = await client.execute("SELECT name FROM users WHERE name = 'hong'");
    assert.equal(rows.length, 1);
    const orphans = await client.execute(
      "SELECT id FROM sessions WHERE user_id NOT IN (SELECT id FROM users)",
    );
    assert.equal(orphans.rows.length, 0);
    client.close();
  });
});

Deno.test("no byte of a member who left is in a backup that was made afterwards", async () => {
  await withApp({}, async (app) => {
    await newMember(app, "hongkildong");
    await newMember(app, "stays");
    await (await signIn(app, "hongkildong")).send("DELETE", "/withdrawal");
    const path = `${app.folder}/backup.db`;
    assert.equal((await runTask(environmentOf(app), "backup", path)).code, 0);
    const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
    assert.ok(text.includes("stays@example.com"));
    assert.ok(!text.includes("hongkildong"));
  });
});

Deno.test("a backup never takes the place of a file without --force, nor of a database in use", async () => {
  await withApp({}, async (app) => {
    await newMember(app, "hong");
    const env = environmentOf(app);
    const path = `${app.folder}/backup.db`;
    await Deno.writeTextFile(path, "yesterday's");
    const refused = await runTask(env, "backup", path);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /is there already: name another file, or add --force/);
    assert.equal(await Deno.readTextFile(path), "yesterday's");
    assert.equal((await runTask(env, "backup", path, "--force")).code, 0);
    assert.ok((await Deno.stat(path)).size > 10_000);
    const live = await runTask(env, "backup", `${app.folder}/test.db`, "--force");
    assert.equal(live.code, 1);
    assert.match(live.err, /test\.db is a database in use/);
    assert.equal((await app.sql("SELECT name FROM users")).length, 1);
  });
});

Deno.test("what cannot be backed up is named, and no file is made", async () => {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-backup-" });
  const app = await openApp();
  const env = environmentOf(app);
  const cases: [Record<string, string>, string[], number, RegExp][] = [
    [
      { TURSO_DATABASE_URL: `file:${folder}/no.db` },
      [`${folder}/b`],
      1,
      /a file that is not there/,
    ],
    [{ TURSO_DATABASE_URL: "http://127.0.0.1:1" }, [`${folder}/b`], 1, /names a server/],
    [{}, [`${folder}/no/b`], 1, /cannot be written \(ENOENT\); no backup was made/],
    [{}, [], 2, /^usage: backup FILE/m],
  ];
  for (const [also, args, expected, problem] of cases) {
    const { code, err } = await runTask({ ...env, ...also }, "backup", ...args);
    assert.equal(code, expected, err);
    assert.match(err, problem);
  }
  assert.deepEqual([...Deno.readDirSync(folder)], []);
  await app.close();
  await Deno.remove(folder, { recursive: true });
});
