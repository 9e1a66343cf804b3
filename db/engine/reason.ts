/** What an operator can do about a code of SQLite, the first that fits. */
const reasons: readonly [RegExp, string][] = [
  [
    /^SQLITE_READONLY/,
    "the database is read-only: check the owner, the mode and the mount of its file",
  ],
  [/^SQLITE_FULL/, "the disk of the database is full"],
  [/^SQLITE_IOERR/, "the disk of the database fails, or is full"],
  [
    /^SQLITE_CANTOPEN/,
    "the file of the database cannot be opened: check the owner and the mode of it and its folder",
  ],
  [
    /^SQLITE_(AUTH|PERM)/,
    "the database does not permit this, or Deno does not: deno run -A permits it",
  ],
  [/^SQLITE_(BUSY|LOCKED)/, "another program holds the database locked"],
  [/^SQLITE_(CORRUPT|NOTADB)/, "the file of the database is damaged, or is no database"],
];

export const tokenRefused = "the database refused the token: check TURSO_AUTH_TOKEN";

/** Whether a server answered 401 (no token that it knows) or 403 (a token that may not write). */
export function isRefusedToken(error: unknown): boolean {
  return statusesOf(error).some((status) => status === 401 || status === 403);
}

/**
 * Why the database failed, in a sentence for the log and for operators. It repeats nothing that a driver
 * says, because a driver may quote values.
 */
export function reasonOf(error: unknown): string {
  if (isRefusedToken(error)) return tokenRefused;
  for (const code of codesOf(error)) {
    const found = reasons.find(([pattern]) => pattern.test(code));
    if (found) return found[1];
  }
  return "the database does not answer";
}

function codesOf(error: unknown): string[] {
  return causes(error).flatMap((cause) => "code" in cause ? [String(cause.code)] : []);
}

function statusesOf(error: unknown): number[] {
  return causes(error).flatMap((cause) => "status" in cause ? [Number(cause.status)] : []);
}

function causes(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : [];
}
