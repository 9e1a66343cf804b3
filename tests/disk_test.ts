/** Full disks, disks that refuse, read-only disks, and two services on one file: whole or not at all, and said so. */
import assert from "node:assert/strict";
import { type Database, openDatabase } from "../db/client.ts";
import { freePort, sqldPath, startSqld } from "../tasks/sqld.ts";
import { type DiskFault, fullDisk, noMount, readOnly, refusedWrites } from "./disks.ts";
import { Browser, goodPassword, newMember, openApp, type Service, signIn } from "./harness.ts";
import { checkLives, checkRows, leave, type Life, liveOn } from "./lives.ts";
import { logOf, type Process, spawnService, startService } from "./process.ts";
import { tally } from "./tally.ts";

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
  const load = Promise.all(["a", "b", "c"].map((one) => liveOn(bench, lives, one, () => over)));
  for (const round of ["first", "second"]) {
    const leavers = await Promise.all(["1", "2", "3"].map(async (one) => {
      const name = round + one;
      const life: Life = { name, joining: "told", leaving: "no", receipt: null };
      return { life, browser: await newMember(bench, name) };
    }));
    const mend = fault.begin(bench.pid, folder);
    await pause(50);
    for (const { browser, life } of leavers) {
      await leave(browser, life);
      told.push(life.leaving);
    }
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
