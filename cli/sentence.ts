import { AppError, causesOf } from "../domain/error.ts";
import { LedgerProblem } from "../domain/ledger.ts";
import { RefusedStatement } from "../db/engine/database.ts";

/**
 * What is wrong with a file or the database, for an operator. Throws what is neither: that is a mistake
 * of ours.
 * @param use what the file was opened for
 */
export function sentenceOf(error: unknown, path: string, use: "read" | "written"): string {
  if (error instanceof AppError) return `the database: ${causesOf(error).join("; ")}`;
  if (error instanceof RefusedStatement && error.kind === "schema") {
    return "the schema is not current: run deno task migrate first";
  }
  if (error instanceof LedgerProblem) return `${path}: ${error.message}`;
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return `${path} cannot be ${use} (${error.code})`;
  }
  if (error instanceof Error && error.constructor === Error) return error.message;
  throw error;
}
