/** Measures how fast the job erases many due withdrawals, and whether its memory stays constant. */
import { eraseDue } from "../actions/erase_due.ts";
import { openApp } from "../tests/support/harness.ts";
import { sqldPath } from "../cli/sqld.ts";
import { openSqld } from "../tests/support/stacks.ts";
import type { Row } from "./table.ts";

const sizes: Record<string, number> = { embedded: 100_000, sqld: 10_000 };
const runMs = 5_000;

/** Returns one row for each stack. Starts runs of 5 s, as the timer does, until nothing is due. */
export async function dueErasures(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [stack, members] of Object.entries(sizes)) {
    if (stack === "sqld" && !sqldPath()) continue;
    const sqld = stack === "sqld" ? await openSqld() : null;
    const env = { DATABASE_TIMEOUT_MS: "60000", ...(sqld && { TURSO_DATABASE_URL: sqld.url }) };
    const app = await openApp({ env });
    app.services.now = Date.now;
    for (const sql of seed(members)) await app.sql(sql);
    const heap: number[] = [];
    let runs = 0;
    let erased = 0;
    const start = performance.now();
    for (let left = 1; left > 0; runs++) {
      const run = await eraseDue(app.services, Date.now() + runMs);
      erased += run.erased;
      left = run.left + (run.erased > 0 ? 1 : 0);
      (globalThis as { gc?: () => void }).gc?.();
      heap.push(Deno.memoryUsage().heapUsed / 2 ** 20);
    }
    const seconds = (performance.now() - start) / 1000;
    if (erased !== members) throw new Error(`${erased} of ${members} were erased`);
    rows.push({
      stack,
      members,
      runs,
      "seconds": Math.round(seconds * 10) / 10,
      "erasures a second": Math.round(erased / seconds),
      "heap first MiB": Math.round(heap[0]! * 10) / 10,
      "heap last MiB": Math.round(heap.at(-1)! * 10) / 10,
    });
    await app.close();
    await sqld?.stop();
  }
  return rows;
}

function seed(members: number): string[] {
  const numbers =
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${members})`;
  return [
    `INSERT INTO users (id, name, name_key, email, email_key, joined_at)
     ${numbers} SELECT 'u' || i, 'n' || i, 'n' || i, 'e' || i, 'e' || i, 0 FROM n`,
    `INSERT INTO withdrawals (id, user_id, receipt_id, requested_at, erase_at)
     ${numbers} SELECT 'w' || i, 'u' || i, 'r' || i, 0, 1 FROM n`,
  ];
}
