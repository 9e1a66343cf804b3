import type { Database } from "../engine/database.ts";
import { type AuditEntry, insertAudit } from "./audit.ts";

/** The newest instant that a job of any process has trusted, ms; `null` while there is none. */
export async function readSeenAt(db: Database): Promise<number | null> {
  const [clock] = await db.read(["SELECT seen_at FROM clock"]);
  const seenAt = clock!.rows[0]?.seen_at ?? null;
  return seenAt === null ? null : Number(seenAt);
}

const setSeenAt = `
  INSERT INTO clock (id, seen_at) VALUES (1, :now)
  ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`;

/** Notes a trusted instant, ms. */
export async function writeSeenAt(db: Database, now: number): Promise<void> {
  await db.write([{ sql: setSeenAt, args: { now } }]);
}

/** Trusts an instant on an operator's word, ms: the jobs of every process go on from it. */
export async function acceptClock(db: Database, now: number, audit: AuditEntry): Promise<void> {
  await db.write([{ sql: setSeenAt, args: { now } }, insertAudit(audit, now)]);
}
