import { logBytes } from "../db/engine/log_size.ts";
import { readStatus, type Status } from "../db/operate/status.ts";
import type { Services } from "./services.ts";

/** What `admin status` and `/metrics` tell. Throws `unavailable`. */
export async function status(
  { config, db, inventory, now }: Services,
): Promise<Status & { logBytes: number | null }> {
  const { url } = config.database;
  const queues = config.recipients.map((
    { name },
  ) => ({ channel: "webhook", recipient: name } as const));
  const [numbers, bytes] = await Promise.all([
    readStatus(db, inventory.subject, queues, config.throttleScale, url.startsWith("file:"), now),
    logBytes(url),
  ]);
  return { ...numbers, logBytes: bytes };
}
