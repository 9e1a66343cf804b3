/** Measures preview, export and erasure of a member with many rows in a mapped table. */
import type { Row } from "./table.ts";
import { type Browser, newMember, openApp, type TestApp } from "../tests/support/harness.ts";
import { shopMap, shopTables } from "../tests/support/shop.ts";
import { sqldPath } from "../cli/sqld.ts";
import { openSqld } from "../tests/support/stacks.ts";

const sizes = [1_000, 10_000, 100_000];

/** Returns one row for each stack and size. */
export async function largeMember(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const stack of ["embedded", "sqld"]) {
    if (stack === "sqld" && !sqldPath()) continue;
    for (const size of sizes) rows.push({ stack, rows: size, ...await measure(stack, size) });
  }
  return rows;
}

async function measure(stack: string, size: number) {
  const sqld = stack === "sqld" ? await openSqld() : null;
  const env = { DATABASE_TIMEOUT_MS: "60000", ...(sqld && { TURSO_DATABASE_URL: sqld.url }) };
  const app = await openApp({ map: shopMap, tables: shopTables, env });
  const member = await newMember(app, "hong");
  await app.sql(
    `INSERT INTO carts (user_id, name)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     SELECT users.id, 'a cart with a name of some length, number ' || i FROM n, users`,
    [size],
  );
  const preview = await timed(() => member.get("/withdrawal"));
  const exported = await readExport(app, member, false);
  const { memoryMiB } = await readExport(app, member, true);
  const erasure = await timed(() => member.send("DELETE", "/withdrawal"));
  await app.close();
  await sqld?.stop();
  return {
    "preview ms": preview,
    "export ms": exported.ms,
    "export MiB": exported.mib,
    "export memory MiB": memoryMiB,
    "erasure ms": erasure,
  };
}

async function timed(work: () => Promise<{ status: number }>): Promise<number> {
  const start = performance.now();
  const { status } = await work();
  if (status !== 200) throw new Error(`answered ${status}`);
  return Math.round((performance.now() - start) * 10) / 10;
}

/**
 * Reads the export chunk by chunk. With `weigh`, also measures how far the heap grows: it collects garbage
 * at every chunk, which makes the time meaningless.
 */
async function readExport(app: TestApp, member: Browser, weigh: boolean) {
  (globalThis as { gc?: () => void }).gc?.();
  const before = Deno.memoryUsage().heapUsed;
  const start = performance.now();
  const headers = { Cookie: member.cookieHeader() };
  const response = await app.fetch(new Request(`${app.origin}/userinfo/export`, { headers }));
  let bytes = 0;
  let peak = 0;
  for await (const part of response.body!) {
    bytes += part.length;
    if (!weigh) continue;
    (globalThis as { gc?: () => void }).gc?.();
    peak = Math.max(peak, Deno.memoryUsage().heapUsed - before);
  }
  return {
    ms: Math.round(performance.now() - start),
    mib: Math.round(bytes / 2 ** 20 * 10) / 10,
    memoryMiB: Math.round(peak / 2 ** 20 * 10) / 10,
  };
}
