/** Full disks, disks that refuse, read-only disks, and two services on one file: whole or not at all, and said so. */
import assert from "node:assert/strict";
import { type Database, openDatabase } from "../../db/engine/database.ts";
import { freePort, sqldPath, startSqld } from "../../cli/sqld.ts";
import { type DiskFault, fullDisk, noMount, readOnly, refusedWrites } from "../support/disks.ts";
import { Browser, newMember, openApp, type Service, signIn } from "../support/harness.ts";
import { checkLives, checkRows, leave, type Life, liveTogether } from "../support/lives.ts";
import { logOf, spawnService, startService } from "../support/process.ts";
import { tally } from "../support/tally.ts";

/** A service with a disk that can be spoiled, by the process whose disk it is. */
interface Bench extends Service {
  pid: number;
  /** The rows as they are on the disk now. */
  look(check: (db: Database) => Promise<void>): Promise<void>;
}

const open = (url: string) => openDatabase({ url, authToken: undefined, timeoutMs: 5000 });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function onFile(folder: string, within: string[]): Promise<Bench> {
  const service = await startService(folder, { within });
  return {
    ...service,
    async look(check) { // the disk may be one that only the service sees
      const copy = await Deno.makeTempDir({ prefix: "annyeong-copy-" });
      for (const name of ["test.db", "test.db-wal"]) {
        await Deno.copyFile(`/proc/${service.pid}/root${folder}/${name}`, `${copy}/${name}`);
      }
      const db = await open(`file:${copy}/test.db`);
      await check(db);
      db.close();
      await Deno.remove(copy, { recursive: true });
    },
  };
}

async function onServer(folder: string, within: string[]): Promise<Bench> {
  const sqld = await startSqld(folder, freePort(), { within });
  const env = { TURSO_DATABASE_URL: sqld.url, THROTTLE_SCALE: "1000000" };
  const app = await openApp({ env });
  const close = async () => {
    await app.close();
    await sqld.stop("SIGKILL");
  };
  return { ...app, pid: sqld.pid, close, look: (check) => check(app.db) };
}

const stacks = [
  { name: "embedded", skip: null, start: onFile },
  { name: "sqld", skip: sqldPath() ? null : "no sqld for this platform", start: onServer },
];

/** Runs a test in a folder of its own, or skips it by name. */
function testIn(name: string, skip: string | null, test: (folder: string) => Promise<void>) {
  Deno.test({
    name: skip ? `${name} (skipped: ${skip})` : name,
    ignore: skip !== null,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "annyeong-disk-" });
      await test(folder);
      await Deno.remove(folder, { recursive: true });
    },
  });
}

/** Spoils the disk twice while members come and go, and some who are in want to leave just then. */
async function spoilUnderLoad(fault: DiskFault, folder: string, bench: Bench) {
  const lives: Life[] = [];
  const told: Life["leaving"][] = []; // while the disk was bad
  let over = false;
  const load = liveTogether(Array(8).fill(bench), lives, "m", () => over);
  for (const round of ["first", "second"]) {
    const leavers = await Promise.all(["1", "2", "3"].map(async (one) => {
      const name = round + one;
      const life: Life = { name, joining: "told", leaving: "no", receipt: null };
      return { life, browser: await newMember(bench, name) };
    }));
    const mend = fault.begin(bench.pid, folder);
    await pause(50);
    if (round === "first") {
      for (const { browser, life } of leavers) await leave(browser, life);
    } else { // in one commit, together with the load
      await Promise.all(leavers.map(({ browser, life }) => leave(browser, life)));
    }
    told.push(...leavers.map(({ life }) => life.leaving));
    assert.equal((await new Browser(bench).get("/healthz")).status, 200);
    await pause(200);
    await mend();
    for (const { browser, life } of leavers) {
      if (life.leaving === "refused") await leave(browser, life);
      assert.notEqual(life.leaving, "refused", `${life.name}, whose session still works`);
      lives.push(life);
    }
  }
  await pause(200);
  over = true;
  await load;
  return { lives, told };
}

for (const fault of [fullDisk, refusedWrites]) {
  for (const { name, skip, start } of stacks) {
    testIn(
      `${name}: on a disk ${fault.name}, leaving is 503 or done, and goes on after`,
      fault.skip ?? skip,
      async (folder) => {
        const bench = await start(folder, fault.within(folder));
        try {
          const { lives, told } = await spoilUnderLoad(fault, folder, bench);
          told.forEach((end) => tally("Withdrawals on a bad disk", `${name}: ${fault.name}`, end));
          assert.ok(told.some((end) => end !== "told"), "the disk was bad");
          await checkLives(bench, lives);
          await bench.look(checkRows);
          const late = await newMember(bench, "late");
          assert.equal((await late.send("DELETE", "/withdrawal")).status, 200);
        } finally {
          await bench.close();
        }
      },
    );
  }
}

/** A disk that is full before the service is there: the shell fills it. */
const fullAtStart = (folder: string) => {
  const fill = 'cat /dev/zero > "$1/ballast" 2>/dev/null || true; shift; exec "$@"';
  return [...fullDisk.within(folder), "sh", "-c", fill, "sh", folder];
};

for (const [name, within] of [["read-only", readOnly], ["full", fullAtStart]] as const) {
  testIn(`a ${name} disk stops the start with a sentence`, noMount, async (folder) => {
    const process = spawnService(folder, { within: within(folder) });
    const log = await logOf(process);
    assert.equal((await process.status).code, 1);
    assert.match(
      log,
      /TURSO_DATABASE_URL cannot be opened: is its folder there, writable, and with/,
    );
    assert.doesNotMatch(log, /listening|\bat file:/);
    tally("Starts on a bad disk", name, "refused with a sentence");
  });
}

const noFull = await Deno.stat("/dev/full").then(() => null, () => "no /dev/full here");

testIn("a log that cannot be written changes no answer", noFull, async (folder) => {
  const within = ["sh", "-c", 'exec "$@" >/dev/full 2>&1', "sh"];
  const service = await startService(folder, { within });
  const hong = await newMember(service, "hong");
  for (const path of ["/userinfo", "/withdrawal", "/userinfo/export", "/nowhere"]) {
    assert.equal((await hong.get(path)).status, path === "/nowhere" ? 404 : 200, path);
  }
  const left = await hong.send("DELETE", "/withdrawal");
  assert.equal(left.status, 200, left.text);
  assert.equal((await hong.get(`/receipts/${left.json.receipt_id}`)).status, 200);
  await service.kill();
});

/** Two services on one embedded file. */
async function withTwo(
  folder: string,
  env: Record<string, string>,
  test: (one: Service, other: Service) => Promise<void>,
): Promise<string[]> {
  const one = await startService(folder, { env, quickJobs: true });
  const other = await startService(folder, { env, quickJobs: true });
  try {
    await test(one, other);
  } finally {
    await one.kill();
    await other.kill();
  }
  return [await one.log, await other.log];
}

testIn("two services on one file keep what either acknowledged", null, async (folder) => {
  await withTwo(folder, {}, async (one, other) => {
    const lives: Life[] = [];
    let over = false;
    const load = liveTogether([one, other, one, other, one, other], lives, "m", () => over);
    for (let round = 0; round < 2; round++) {
      const phone = await newMember(one, `hong${round}`);
      const laptop = await signIn(other, `hong${round}`);
      const atOther = phone.copy(other);
      assert.equal((await atOther.get("/userinfo")).status, 200);
      await phone.send("POST", "/logout");
      assert.equal(
        (await atOther.get("/userinfo")).status,
        401,
        "ended in one, ended in the other",
      );
      const copy = laptop.copy();
      assert.equal((await laptop.send("DELETE", "/withdrawal")).status, 200);
      assert.equal((await copy.get("/userinfo")).status, 401);
    }
    over = true;
    await load;
    const told = lives.filter(({ leaving }) => leaving === "told").length;
    assert.ok(told > 0, "somebody left");
    tally("Two services on one file", "members", "joined", lives.length);
    tally("Two services on one file", "members", "left", told);
    await checkLives(other, lives);
  });
  const db = await open(`file:${folder}/test.db`);
  await checkRows(db);
  db.close();
});

testIn("the jobs of two services on one file erase everybody once", null, async (folder) => {
  const url = "http://127.0.0.1:9/never-called";
  const env = {
    WITHDRAWAL_GRACE_DAYS: `${1 / 86_400}`,
    RECIPIENTS: JSON.stringify([{ name: "mail", url, secret: `whsec_${btoa("s".repeat(32))}` }]),
  };
  const members = 12;
  const logs = await withTwo(folder, env, async (one, other) => {
    const receipts = [];
    for (let n = 0; n < members; n++) {
      const browser = await newMember(n % 2 ? one : other, `hong${n}`);
      const left = await browser.send("DELETE", "/withdrawal");
      assert.equal(left.status, 202);
      receipts.push(left.json.receipt_id);
    }
    const end = Date.now() + 20_000;
    for (const receipt of receipts) {
      for (;;) {
        const { json } = await new Browser(one).get(`/receipts/${receipt}`);
        if (json.status !== "scheduled") break;
        assert.ok(Date.now() < end, "erased by now");
        await pause(100);
      }
    }
  });
  const erased = logs.join("\n").matchAll(/"job":"erasures".*?"erased":(\d+)/g)
    .reduce((sum, [, count]) => sum + Number(count), 0);
  assert.equal(erased, members, "one job each, in one service or the other");
  tally("Two services on one file", "due erasures", "carried out once", erased);
  const db = await open(`file:${folder}/test.db`);
  await checkRows(db);
  const [users, ledger, events] = await db.read([
    "SELECT id FROM users",
    "SELECT id FROM erasures",
    "SELECT id FROM outbox WHERE type = 'member.withdrawn'",
  ]);
  assert.deepEqual([users, ledger, events].map((one) => one!.rows.length), [0, members, members]);
  db.close();
});
