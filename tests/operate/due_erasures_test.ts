/** Many withdrawals that are due at once: the service answers while they are carried out. */
import assert from "node:assert/strict";
import { type Database, openDatabase } from "../../db/engine/database.ts";
import { migrate } from "../../db/engine/migrate.ts";
import { fill } from "../support/crowd.ts";
import { startService } from "../support/process.ts";
import { rounds } from "../support/rounds.ts";
import { tally } from "../support/tally.ts";

/** 100,000 in `deno task test:long`. */
const members = rounds(100) >= 1000 ? 100_000 : 2000;
const name = `while ${members} withdrawals are due, /healthz answers and memory stays flat`;

Deno.test(name, async () => {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-due-" });
  const url = `file:${folder}/test.db`;
  const db = await openDatabase({ url, authToken: undefined, timeoutMs: 60_000 });
  await migrate(db, Date.now());
  await fill(db, ["users", "sessions", "withdrawals"], members);
  assert.equal(await countDue(db), members);

  const service = await startService(folder);
  const gaps: number[] = [];
  const memory: number[] = [];
  const end = performance.now() + members * 100;
  try {
    while (await countDue(db) > 0) {
      assert.ok(performance.now() < end, "the jobs stand still");
      for (let n = 0; n < 20; n++) {
        gaps.push(await timeOf(`${service.origin}/healthz`));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      memory.push(residentMiB(service.pid));
    }
  } finally {
    db.close();
    await service.kill();
  }
  gaps.sort((a, b) => a - b);
  const usual = gaps[Math.floor(gaps.length * 0.95)]!;
  const said = `95% within ${usual.toFixed(0)} ms, the longest ${gaps.at(-1)!.toFixed(0)} ms`;
  assert.ok(usual < 200, said);
  assert.ok(gaps.at(-1)! < 5000, said); // a job that does not yield holds a request for its 20 seconds
  const [warm, last] = [memory[Math.floor(memory.length * 0.2)]!, memory.at(-1)!];
  assert.ok(last - warm < 150, `${warm.toFixed(0)} MiB, then ${last.toFixed(0)} MiB`);
  tally(
    "Due erasures",
    `${members} due`,
    "the longest answer of /healthz, ms",
    Math.round(gaps.at(-1)!),
  );
  tally("Due erasures", `${members} due`, "memory grew, MiB", Math.round(last - warm));
  await Deno.remove(folder, { recursive: true });
});

async function countDue(db: Database): Promise<number> {
  const [due] = await db.read([
    "SELECT count(*) AS due FROM withdrawals WHERE restored_at IS NULL AND erase_at > 0",
  ]);
  return Number(due!.rows[0]!.due);
}

async function timeOf(url: string): Promise<number> {
  const start = performance.now();
  const response = await fetch(url);
  await response.body?.cancel();
  assert.equal(response.status, 200);
  return performance.now() - start;
}

function residentMiB(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}
