import { DatabaseSync } from "node:sqlite";
import { type Client, createClient, LibsqlError } from "@libsql/client";

const patienceMs = 60_000;

/** Of an embedded file: what was acknowledged is on the disk, and what is deleted is overwritten. */
const pragmas = [
  "secure_delete = ON",
  "journal_mode = WAL",
  "synchronous = FULL",
  "foreign_keys = ON",
];

/** libSQL's client as its manual shows it, with the pragmas that ours has. */
export async function openClient(url: string): Promise<Client> {
  if (!url.startsWith("file:")) {
    return patient(createClient({ url, concurrency: Number.MAX_SAFE_INTEGER }));
  }
  const client = createClient({ url, concurrency: 1, timeout: 50 });
  for (const pragma of pragmas) await client.execute(`PRAGMA ${pragma}`);
  return patient(client);
}

/** The SQLite that is built into Deno, as better-auth's manual shows it, with the same pragmas. */
export function openNodeSqlite(url: string): DatabaseSync {
  const database = new DatabaseSync(url.slice("file:".length));
  for (const pragma of pragmas) database.exec(`PRAGMA ${pragma}`);
  return database;
}

/** sqld refuses a writer while another one writes. Tried again with our pauses, or it would fail. */
function patient(client: Client): Client {
  const execute = client.execute.bind(client) as (...given: unknown[]) => Promise<never>;
  const batch = client.batch.bind(client);
  client.execute = (...given: unknown[]) => untilFree(() => execute(...given));
  client.batch = (statements, mode) => untilFree(() => batch(statements, mode));
  return client;
}

async function untilFree<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + patienceMs;
  for (let attempt = 1;; attempt++) {
    try {
      return await work();
    } catch (error) {
      const busy = error instanceof LibsqlError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
      if (!busy || performance.now() > end) throw error;
      const pause = Math.random() * Math.min(20 * attempt, 250);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
