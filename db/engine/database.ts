import { openServer } from "./server.ts";

export { RefusedStatement, saidBy } from "./failure.ts";

/** What a column holds: a blob is a buffer, and an integer beyond 2^53 throws. */
export type Value = null | string | number | bigint | ArrayBuffer;

/** What can be bound: a boolean becomes 0 or 1, a date its milliseconds. */
export type InValue = Value | boolean | Uint8Array | Date;

/** SQL, and its values by position or by name (`:name`). It is one statement: what follows it is not run. */
export type InStatement = string | { sql: string; args?: InValue[] | Record<string, InValue> };

/** Values by the name of their column, so each column of a SELECT needs a name of its own. */
export interface Row {
  [column: string]: Value;
}

/** What a statement returned. */
export interface ResultSet {
  columns: string[];
  rows: Row[];
}

/** The one way to the data. Every call is at most one trip to the database. */
export interface Database {
  /** Reads in one snapshot. Throws `unavailable`. */
  read(statements: InStatement[]): Promise<ResultSet[]>;
  /**
   * Writes all or nothing, and is on the disk when it returns. Batches of several callers may share a
   * transaction; none of them sees or feels that. The batch may arrive twice (a lost answer is asked for
   * once more), so every statement has to be harmless the second time, and the last one selects the
   * verdict by an id of its own. Throws `unavailable` (with `answerLost` where it may have been carried
   * out), or a `RefusedStatement` when the database refused a statement: nothing has changed then.
   */
  write(statements: InStatement[]): Promise<ResultSet[]>;
  /**
   * As `write`, without foreign keys: the only way in which SQLite lets a table be rebuilt that others
   * refer to, because dropping it would delete their rows. Only for the import and for migrations.
   */
  rebuild(statements: InStatement[]): Promise<ResultSet[]>;
  /**
   * Empties the write-ahead log, where deleted bytes live on. Callers at the same time share it. False: a
   * reader was in the way, try later. A server's log is out of reach from here: docs/operating.md.
   */
  truncateLog(): Promise<boolean>;
  close(): void;
}

export interface DatabaseOptions {
  url: string;
  authToken: string | undefined;
  /** The most that one call may take, all tries together, ms. */
  timeoutMs: number;
  /**
   * Whether calls may wait for each other and share a trip: not on Workers, where no request may wait for
   * the promise of another. True unless it is said.
   */
  shared?: boolean;
}

/**
 * Opens `file:`, `http(s)://` and `libsql://` alike. The file's folder has to exist. Throws when a file
 * cannot be opened; a server is asked only by the first call.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  // In this form a bundler for Workers, which knows that there is no Deno, leaves the first half out.
  if (typeof Deno !== "undefined" && options.url.startsWith("file:")) {
    const { openEmbedded } = await import("./embedded.ts");
    return await openEmbedded(options);
  }
  return openServer(options);
}
