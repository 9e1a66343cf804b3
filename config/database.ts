import * as z from "zod/mini";
import { type Environment, isPlainUrl, number, read, text } from "./fields.ts";
import { environmentName, requireTls } from "./production.ts";

export interface DatabaseConfig {
  url: string;
  authToken: string | undefined;
  timeoutMs: number;
}

/** In the data folder, which is made when it is missing. */
export const defaultDatabase = "file:data/annyeong.db";

export const databaseFields = {
  TURSO_DATABASE_URL: z._default(
    text(
      (url) => /^(file:.|https?:\/\/.|libsql:\/\/.)/.test(url),
      "must begin with file:, http://, https:// or libsql://",
    ).check(
      z.refine((url) => url.startsWith("file:") || isPlainUrl(url), {
        error: "must be a URL without credentials and query: put the token into TURSO_AUTH_TOKEN",
      }),
    ),
    defaultDatabase,
  ),
  TURSO_AUTH_TOKEN: z.optional(z.string()),
  DATABASE_TIMEOUT_MS: z._default(number({ min: 1, max: 120_000 }), 5000),
};

/** The part of `Config` that reaches the database. */
export function databaseConfig(
  env: z.output<z.ZodMiniObject<typeof databaseFields>>,
): DatabaseConfig {
  return {
    url: env.TURSO_DATABASE_URL,
    authToken: env.TURSO_AUTH_TOKEN,
    timeoutMs: env.DATABASE_TIMEOUT_MS,
  };
}

/**
 * Reads only the database's variables. `deno task migrate` needs no others, so a deployment can migrate
 * without the service's secrets. Throws `ConfigError`.
 */
export function parseDatabaseConfig(environment: Environment): DatabaseConfig {
  const fields = z.object({ ...databaseFields, ANNYEONG_ENV: environmentName });
  const env = read(fields, environment);
  if (env.ANNYEONG_ENV === "production") requireTls("TURSO_DATABASE_URL", env.TURSO_DATABASE_URL);
  return databaseConfig(env);
}
