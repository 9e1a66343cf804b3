import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import type {
  Database,
  DatabaseOptions,
  InStatement,
  InValue,
  ResultSet,
  Row,
} from "./database.ts";
import { classify, DatabaseError } from "./failure.ts";
import { createQueue, type Outcome } from "./queue.ts";

/** Waiting for a lock inside SQLite stops the whole event loop, so it is short and tried again, ms. */
const lockWaitMs = 50;

/** Writing batches that share one commit: while they run, nothing else does. */
const batchesInCommit = 16;

/** Prepared statements that are kept; the service itself has about a hundred. */
const statementsKept = 300;

/**
 * A schema works the same on a file and on a server. The defensive mode would refuse to delete from
 * every table that SQLite calls a shadow, and a team's `posts_content` beside `posts` is one to it.
 */
const asInLibSQL = { defensive: false, enableDoubleQuotedStringLiterals: true };

/**
 * WAL with `synchronous = FULL`: what was acknowledged is on the disk. `secure_delete` overwrites what is
 * deleted, and `temp_store = MEMORY` keeps savepoints and sorting out of temporary files.
 */
const pragmas = [
  `busy_timeout = ${lockWaitMs}`,
  "secure_delete = ON",
  "journal_mode = WAL",
  "synchronous = FULL",
  "foreign_keys = ON",
  "temp_store = MEMORY",
];

/**
 * Opens a `file:` URL, whose folder has to exist, by Deno's own SQLite. There is one connection, because
 * pragmas belong to a connection. Throws `DatabaseError`.
 */
export async function openEmbedded({ url, timeoutMs }: DatabaseOptions): Promise<Database> {
  const file = await openFile(pathOf(url), performance.now() + timeoutMs);
  const queueOf = (groupOf: number, send: (batches: InStatement[][]) => Outcome[]) =>
    createQueue({ atOnce: groupOf === 1 ? Infinity : 1, groupOf, timeoutMs, changes: false, send });
  let truncation: Promise<boolean> | undefined;
  return {
    read: queueOf(1, ([batch]) => [{ results: file.read(batch!) }]),
    write: queueOf(batchesInCommit, (batches) => file.write(batches)),
    rebuild: queueOf(1, ([batch]) => [{ results: file.withoutForeignKeys(batch!) }]),
    truncateLog() {
      return truncation ??= new Promise((resolve) =>
        setImmediate(() => {
          truncation = undefined; // it does not serve those who ask from here on
          resolve(file.truncateLog());
        })
      );
    },
    close: () => file.close(),
  };
}

/** A file that another process is opening just now may be locked for a moment. */
async function openFile(path: string, end: number): Promise<File> {
  for (;;) {
    try {
      return new File(path);
    } catch (error) {
      const pause = Math.random() * Math.min(20, lockWaitMs);
      if (classify(error) !== "busy" || performance.now() + pause >= end) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** The path in a `file:` URL, which may be relative: `file:data/annyeong.db`, `file:///srv/a%20b.db`. */
function pathOf(url: string): string {
  return decodeURIComponent(url.replace(/^file:(\/\/(localhost)?(?=\/))?/, ""));
}

/** The connection. All of it is synchronous, so nothing comes between the statements of a batch. */
class File {
  private readonly db: DatabaseSync;
  /** By their SQL, the least recently used first. */
  private readonly statements = new Map<string, StatementSync>();

  constructor(path: string) {
    try {
      this.db = new DatabaseSync(path, asInLibSQL);
    } catch (error) {
      throw toDatabaseError(error);
    }
    try {
      for (const pragma of pragmas) this.run(`PRAGMA ${pragma}`);
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  /** Reads in one snapshot, which a single statement is by itself. */
  read(batch: InStatement[]): ResultSet[] {
    return batch.length === 1 ? [this.run(batch[0]!, 0)] : this.inTransaction("BEGIN", batch);
  }

  /** Writes each batch whole or not at all, and all that is written with one commit. */
  write(batches: InStatement[][]): Outcome[] {
    if (batches.length === 1) {
      return [{ results: this.inTransaction("BEGIN IMMEDIATE", batches[0]!) }];
    }
    return this.committed("BEGIN IMMEDIATE", () => batches.map((batch) => this.savepoint(batch)));
  }

  /** Foreign keys cannot be switched inside a transaction. */
  withoutForeignKeys(batch: InStatement[]): ResultSet[] {
    this.run("PRAGMA foreign_keys = OFF");
    try {
      return this.inTransaction("BEGIN IMMEDIATE", batch);
    } finally {
      this.run("PRAGMA foreign_keys = ON");
    }
  }

  /** Empties the log. Returns false if a reader of another process was in the way. */
  truncateLog(): boolean {
    try {
      return this.run("PRAGMA wal_checkpoint(TRUNCATE)").rows[0]?.busy === 0;
    } catch {
      return false; // the erasure is committed already, so a failure here is not the caller's
    }
  }

  close(): void {
    this.statements.clear();
    this.db.close();
  }

  private inTransaction(begin: string, batch: InStatement[]): ResultSet[] {
    return this.committed(begin, () => batch.map((statement, index) => this.run(statement, index)));
  }

  private committed<T>(begin: string, work: () => T): T {
    this.run(begin);
    try {
      const done = work();
      this.run("COMMIT");
      return done;
    } catch (error) {
      if (this.db.isTransaction) this.run("ROLLBACK");
      throw error;
    }
  }

  /**
   * A statement that the database refuses undoes its own batch. Any other failure, and one that ended the
   * transaction (`RAISE(ROLLBACK)` does), undoes the whole group.
   */
  private savepoint(batch: InStatement[]): Outcome {
    this.run("SAVEPOINT batch");
    try {
      const results = batch.map((statement, index) => this.run(statement, index));
      this.run("RELEASE batch");
      return { results };
    } catch (error) {
      const failure = classify(error);
      const refused = failure === "constraint" || failure === "schema";
      if (!refused || !this.db.isTransaction) throw error;
      this.run("ROLLBACK TO batch");
      this.run("RELEASE batch");
      return { error };
    }
  }

  private run(statement: InStatement, index?: number): ResultSet {
    try {
      if (typeof statement === "string") {
        const prepared = this.prepare(statement);
        return new Result(prepared, prepared.all());
      }
      const prepared = this.prepare(statement.sql);
      const { args = [] } = statement;
      const rows = Array.isArray(args)
        ? prepared.all(...args.map(toBind))
        : prepared.all(toBindByName(args));
      return new Result(prepared, rows);
    } catch (error) {
      throw toDatabaseError(error, index);
    }
  }

  private prepare(sql: string): StatementSync {
    let prepared = this.statements.get(sql);
    if (prepared) this.statements.delete(sql);
    else {
      prepared = this.db.prepare(sql);
      prepared.setAllowUnknownNamedParameters(true);
    }
    this.statements.set(sql, prepared);
    if (this.statements.size > statementsKept) {
      this.statements.delete(this.statements.keys().next().value!);
    }
    return prepared;
  }
}

class Result implements ResultSet {
  readonly rows: Row[];

  constructor(private readonly prepared: StatementSync, rows: Record<string, SQLOutputValue>[]) {
    for (const row of rows) bytesToBuffers(row);
    this.rows = rows as Row[];
  }

  /** Asked for by few, and so looked up when it is. */
  get columns(): string[] {
    return this.prepared.columns().map(({ name }) => String(name));
  }
}

function bytesToBuffers(row: Record<string, unknown>): void {
  for (const name in row) {
    const value = row[name];
    if (value instanceof Uint8Array) row[name] = value.slice().buffer;
  }
}

type Bound = null | number | bigint | string | Uint8Array;

function toBind(value: InValue): Bound {
  if (typeof value === "boolean") return Number(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof Date) return value.getTime();
  return value;
}

function toBindByName(values: Record<string, InValue>): Record<string, Bound> {
  const bound: Record<string, Bound> = {};
  for (const name in values) bound[name] = toBind(values[name]!);
  return bound;
}

/** SQLite's names for its primary result codes. */
const codes: Record<number, string> = {
  1: "ERROR",
  2: "INTERNAL",
  3: "PERM",
  4: "ABORT",
  5: "BUSY",
  6: "LOCKED",
  7: "NOMEM",
  8: "READONLY",
  9: "INTERRUPT",
  10: "IOERR",
  11: "CORRUPT",
  13: "FULL",
  14: "CANTOPEN",
  15: "PROTOCOL",
  17: "SCHEMA",
  18: "TOOBIG",
  19: "CONSTRAINT",
  20: "MISMATCH",
  21: "MISUSE",
  23: "AUTH",
  25: "RANGE",
  26: "NOTADB",
};

/** How SQLite's message begins when it cannot open a file. */
const cannotOpen = "unable to open database file";

/**
 * The message without the statement, which Deno quotes behind it, and without the path of a file that
 * cannot be opened: that error has no code, and its message ends in the path. Deno attaches no file, and
 * so makes no copy by `VACUUM INTO` either, unless the process has all permissions.
 */
function toDatabaseError(error: unknown, index?: number): DatabaseError {
  const { errcode, message } = error as { errcode?: number; message: string };
  const said = String(message).replace(/ in [^]* at offset \d+$/, "");
  if (errcode === undefined && said.startsWith(cannotOpen)) {
    return new DatabaseError("SQLITE_CANTOPEN", cannotOpen, undefined, index);
  }
  if (said.includes("too many attached databases - max 0")) {
    return new DatabaseError("SQLITE_AUTH", "Deno permits no ATTACH: run it with -A", error, index);
  }
  const code = codes[(errcode ?? 2) & 255] ?? "UNKNOWN";
  return new DatabaseError(`SQLITE_${code}`, said, error, index);
}
