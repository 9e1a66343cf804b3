import { type Client, createClient, LibsqlError } from "@libsql/client";

const patienceMs = 60_000;

/** The same driver under the same promises as `db/engine/database.ts`: one connection and its pragmas, or no queue. */
export async function openClient(url: string): Promise<Client> {
  if (!url.startsWith("file:")) {
    return patient(createClient({ url, concurrency: Number.MAX_SAFE_INTEGER }));
  }
  const client = createClient({ url, concurrency: 1, timeout: 50 });
  await client.execute("PRAGMA secure_delete = ON");
  await client.execute("PRAGMA journal_mode = WAL");
  await client.execute("PRAGMA synchronous = FULL");
  await client.execute("PRAGMA foreign_keys = ON");
  return patient(client);
}

/** sqld refuses a writer while another is at it. Tried again with our pauses, or the others would fail. */
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
