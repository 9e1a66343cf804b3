import { type Client, createClient } from "@libsql/client";

/** The same driver under the same promises as `db/client.ts`: one connection and its pragmas, or no queue. */
export async function openClient(url: string): Promise<Client> {
  if (!url.startsWith("file:")) return createClient({ url, concurrency: Number.MAX_SAFE_INTEGER });
  const client = createClient({ url, concurrency: 1, timeout: 5000 });
  await client.execute("PRAGMA secure_delete = ON");
  await client.execute("PRAGMA journal_mode = WAL");
  await client.execute("PRAGMA synchronous = FULL");
  await client.execute("PRAGMA foreign_keys = ON");
  return client;
}
