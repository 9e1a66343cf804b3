/** better-auth as its manual mounts it in Hono, on the same libSQL: what Deno and a Worker serve alike. */
import type { DatabaseSync } from "node:sqlite";
import type { Client } from "@libsql/client";
import { LibsqlDialect } from "@libsql/kysely-libsql";
import { betterAuth, type BetterAuthOptions } from "better-auth";
import { Hono } from "hono";

export interface Settings {
  baseURL: string;
  secret: string;
  /** Whether a sealed copy of the session in a second cookie spares the database; off by default. */
  cookieCache: boolean;
  /** Absent: better-auth's own scrypt. */
  password?: {
    hash(password: string): Promise<string>;
    verify(given: { password: string; hash: string }): Promise<boolean>;
  };
}

export function optionsOf(database: Client | DatabaseSync, settings: Settings) {
  return {
    baseURL: settings.baseURL,
    secret: settings.secret,
    // the dialect's own type is that of the driver which it was built against
    database: "createSession" in database
      ? database
      : { dialect: new LibsqlDialect({ client: database as never }), type: "sqlite" as const },
    advanced: { database: { joins: true } }, // fewer queries than by default
    emailAndPassword: {
      enabled: true,
      autoSignIn: false, // joining and signing in are two acts, as with us
      ...(settings.password && { password: settings.password }),
    },
    user: { deleteUser: { enabled: true } },
    session: { cookieCache: { enabled: settings.cookieCache } },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
  } satisfies BetterAuthOptions;
}

export function createApp(options: BetterAuthOptions) {
  const auth = betterAuth(options);
  return new Hono().on(["GET", "POST"], "/api/auth/*", (c) => auth.handler(c.req.raw));
}
