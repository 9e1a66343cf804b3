import assert from "node:assert/strict";
import { Browser, join, newMember, openApp, signIn, type TestApp } from "../support/harness.ts";
import { migrate } from "../../db/engine/migrate.ts";
import { checkLedger, ledgerLines } from "../../cli/read_ledger.ts";
import { eraseDue } from "../../actions/erase_due.ts";
import { replayLedger } from "../../actions/replay_ledger.ts";
import { exportLedger } from "../../runtime/ledger_file.ts";

const strict = { unsigned: false, withoutTrailer: false };

/** Replays a file as `ledger replay --yes` does. */
async function replay({ services }: TestApp, path: string, leniency = strict) {
  const { receiptKeys } = services;
  const checked = await checkLedger(path, receiptKeys, leniency);
  const lines = ledgerLines(path, checked);
  return await replayLedger(services, lines, checked.chain?.ledger ?? null, (act, memberId) => ({
    ...{ operator: "jin", host: "desk", act, memberId, why: "a restore" },
  }));
}

Deno.test("after a restore the ledger erases again only the members who had left", async () => {
  const RECIPIENTS = JSON.stringify([
    { name: "mailer", url: "http://127.0.0.1:1/", secret: `whsec_${"A".repeat(43)}=` },
  ]);
  const app = await openApp({ env: { REJOIN_BLOCK_DAYS: "30", RECIPIENTS } });
  for (const name of ["hong", "kim", "lee", "park"]) await newMember(app, name);
  const early = await newMember(app, "early");
  const before = (await early.send("DELETE", "/withdrawal")).json.receipt_id;
  const park = await signIn(app, "park");
  const signedOut = await signIn(app, "park");
  const stolen = signedOut.copy();

  await app.sql("VACUUM INTO ?", [`${app.folder}/backup.db`]).catch(async () => {
    await app.db.truncateLog();
    await Deno.copyFile(`${app.folder}/test.db`, `${app.folder}/backup.db`);
  });
  await signedOut.send("POST", "/logout");
  const receipts: Record<string, { receipt_id: string; receipt: string }> = {};
  for (const name of ["hong", "kim", "lee"]) {
    receipts[name] = (await (await signIn(app, name)).send("DELETE", "/withdrawal")).json;
  }
  const late = await newMember(app, "late"); // joined after the backup and left again
  const lateReceipt = (await late.send("DELETE", "/withdrawal")).json;
  const path = `${app.folder}/ledger.jsonl`;
  assert.equal((await exportLedger(path, app.services)).sequence, 5);
  const text = await Deno.readTextFile(path);
  assert.equal(text.trimEnd().split("\n").length, 6, "a line for each, and a trailer");
  assert.doesNotMatch(text, /hong|kim|lee|late|early|example\.com/);

  const restored = await openApp({
    env: {
      TURSO_DATABASE_URL: `file:${app.folder}/backup.db`,
      REJOIN_BLOCK_DAYS: "30",
      RECIPIENTS,
    },
    clock: app.clock,
  });
  await migrate(restored.db, app.clock.now());
  assert.equal((await restored.sql("SELECT id FROM users")).length, 4, "the backup revives them");
  const revived = new Browser(restored);
  stolen.cookies.forEach((value, name) => revived.cookies.set(name, value));
  assert.equal((await revived.copy().get("/userinfo")).status, 200, "and signed-out sessions");

  const run = await replay(restored, path);
  assert.deepEqual([run.lines, run.erased], [5, 3]);
  assert.ok(run.sessions >= 2);
  assert.deepEqual((await restored.sql("SELECT name FROM users")).map(({ name }) => name), [
    "park",
  ]);
  assert.equal((await revived.copy().get("/userinfo")).status, 401);
  const stillOut = new Browser(restored);
  park.cookies.forEach((value, name) => stillOut.cookies.set(name, value));
  assert.equal((await stillOut.get("/userinfo")).status, 401, "everybody signs in again");
  await signIn(restored, "park");

  for (const { receipt_id, receipt } of [...Object.values(receipts), lateReceipt]) {
    const found = await new Browser(restored).get(`/receipts/${receipt_id}`);
    assert.equal(found.json.receipt, receipt, "the very receipt that was given");
  }
  assert.equal((await new Browser(restored).get(`/receipts/${before}`)).status, 200);
  assert.equal((await join(restored, "hong")).status, 409, "the rejoin block is back");
  const told = async () => (await restored.sql("SELECT DISTINCT receipt_id FROM outbox")).length;
  assert.equal(await told(), 5, "recipients hear of all of them, once more where need be");
  const again = await replay(restored, path);
  assert.deepEqual([again.lines, again.erased], [5, 0], "a second replay changes nothing");
  const audit = await restored.sql("SELECT act, member_id, operator FROM audit ORDER BY act");
  assert.deepEqual(audit.map(({ act }) => act), [
    ...Array(3).fill("replay"),
    ...Array(2).fill("replay end-sessions"),
  ]);
  const after = `${app.folder}/after.jsonl`;
  await exportLedger(after, restored.services);
  const chain = async (file: string) =>
    (await checkLedger(file, app.services.receiptKeys, strict)).chain!;
  assert.equal((await chain(after)).head, (await chain(path)).head, "the chain goes on as it was");
  await restored.close();
  await app.close();
});

Deno.test("a replay keeps the receipt number of the ledger, even where the backup holds another", async () => {
  const env = { WITHDRAWAL_GRACE_DAYS: "1" };
  const app = await openApp({ env });
  const hong = await newMember(app, "hong");
  await hong.send("DELETE", "/withdrawal");
  await app.db.truncateLog();
  await Deno.copyFile(`${app.folder}/test.db`, `${app.folder}/backup.db`);
  await (await signIn(app, "hong")).send("POST", "/restoration");
  const { receipt_id } = (await (await signIn(app, "hong")).send("DELETE", "/withdrawal")).json;
  app.clock.pass(24 * 60 * 60_000);
  assert.equal((await eraseDue(app.services, Infinity)).erased, 1);
  const { receipt } = (await new Browser(app).get(`/receipts/${receipt_id}`)).json;

  const restored = await openApp({
    env: { ...env, TURSO_DATABASE_URL: `file:${app.folder}/backup.db` },
    clock: app.clock,
  });
  const path = `${app.folder}/ledger.jsonl`;
  await exportLedger(path, app.services);
  assert.equal((await replay(restored, path)).erased, 1);
  const found = await new Browser(restored).get(`/receipts/${receipt_id}`);
  assert.equal(found.json.receipt, receipt);
  await restored.close();
  await app.close();
});

Deno.test("a ledger file that cannot be read or written is named, and the database is not opened", async () => {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-ledger-" });
  const garbage = `${folder}/garbage`;
  await Deno.writeTextFile(garbage, "hello\n");
  const cases = [
    [
      ["replay", `${folder}/nowhere`],
      /nowhere cannot be read \(ENOENT\); nothing has been changed/,
    ],
    [["replay", folder], /cannot be read \(EISDIR\); nothing has been changed/],
    [["replay", garbage], /line 1 is not a line of a ledger; nothing has been changed/],
    [["export", `${folder}/no/where`], /where cannot be written \(ENOENT\)/],
    [["replay"], /^usage: /m],
  ] as const;
  await Promise.all(cases.map(async ([args, said], n) => {
    const database = `${folder}/${n}.db`;
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", "ledger", ...args],
      env: { ANNYEONG_ENV: "development", TURSO_DATABASE_URL: `file:${database}`, NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert.equal(code, args.length === 1 ? 2 : 1, text);
    assert.match(text, said);
    assert.doesNotMatch(text, /\bat (async )?\w|Uncaught/, "no stack");
    const opened = await Deno.stat(database).then(() => true, () => false);
    assert.equal(opened, args[0] === "export");
  }));
  await Deno.remove(folder, { recursive: true });
});
