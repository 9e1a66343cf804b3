/** What can go wrong on the way to the data, in the same words for both engines. */
import { isRefusedToken } from "./reason.ts";

/** An error that the database itself reported. `code` is SQLite's name for it: `SQLITE_FULL`. */
export class DatabaseError extends Error {
  override name = "DatabaseError";

  /** @param index which statement of the batch, counted from 0; -1 where it is none, as at COMMIT */
  constructor(readonly code: string, message: string, cause?: unknown, readonly index = -1) {
    super(message, { cause });
  }
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
    this.index = cause instanceof DatabaseError ? cause.index : -1;
    this.said = saidBy(cause);
  }
}

/** What the database said of a statement, in one line and without codes. */
export function saidBy(error: unknown): string {
  const [line = ""] = String((error as Error).message).replace(/^([A-Z_]+: )+/, "").split("\n");
  return line.replace(/^SQL(ite| input) error: /, "").slice(0, 200); // it may quote all the rest
}

/**
 * - `token`: the server refused the token; trying again does not help, and nothing has changed.
 * - `busy`: another process holds the lock; trying again helps.
 * - `constraint`, `schema`: the database refused a statement; trying again does not help.
 * - `failed`: the database could not carry it out (a full disk, an I/O error); nothing has changed.
 * - `lost`: no answer came, and the statements may have been carried out.
 */
export type Failure = "token" | "busy" | "constraint" | "schema" | "failed" | "lost";

/**
 * Everything except the database's own word may hide a lost answer, even a refused connection: when a
 * kept connection dies, `fetch` sends again by itself and reports only the second try.
 */
export function classify(error: unknown): Failure {
  if (isRefusedToken(error)) return "token";
  if (!(error instanceof DatabaseError)) return "lost";
  if (/^SQLITE_(BUSY|LOCKED)/.test(error.code)) return "busy";
  if (error.code.startsWith("SQLITE_CONSTRAINT")) return "constraint";
  if (/^(SQLITE_ERROR|SQL_INPUT_ERROR|SQL_PARSE_ERROR)$/.test(error.code)) return "schema";
  // sqld has no code for a name that does not exist
  if (/no such (table|column)|has no column named/.test(error.message)) return "schema";
  return error.code.startsWith("SQLITE_") ? "failed" : "lost";
}
