import { LibsqlDialect } from "@libsql/kysely-libsql";
import { betterAuth, type BetterAuthOptions } from "better-auth";
import { organization, twoFactor } from "better-auth/plugins";
import { betterAuthExit, leaving } from "../../exit/better_auth.ts";
import { destroy } from "../../exit/mod.ts";
import { openShared } from "../../exit/node_sqlite.ts";

const url = Deno.env.get("TURSO_DATABASE_URL") ?? "file:data/better-auth.db";
const authToken = Deno.env.get("TURSO_AUTH_TOKEN");

/** As the manual of better-auth says, with one plugin more. */
export const options = {
  appName: "Notes",
  baseURL: Deno.env.get("PUBLIC_ORIGIN") ?? "http://127.0.0.1:8000",
  secret: Deno.env.get("BETTER_AUTH_SECRET"),
  // One SQLite in the process: two copies of it cancel each other's locks on one file.
  database: url.startsWith("file:")
    ? openShared(url)
    : { dialect: new LibsqlDialect({ url, ...(authToken && { authToken }) }), type: "sqlite" },
  emailAndPassword: { enabled: true },
  user: { deleteUser: { enabled: true } },
  telemetry: { enabled: false },
  plugins: [organization(), twoFactor(), leaving()],
} satisfies BetterAuthOptions;

export const auth = betterAuth(options);

/** The exit. better-auth's tables are on the map already; `entries` are the app's own. */
export const exit = betterAuthExit(auth, {
  name: "Notes",
  pages: { signIn: "/sign-in", account: "/", signOut: "/sign-out" },
  migrations: [{
    name: "0001_notes",
    sql: `CREATE TABLE note (
      id      TEXT NOT NULL PRIMARY KEY,
      user_id TEXT NOT NULL REFERENCES user (id),
      text    TEXT NOT NULL
    ) STRICT`,
  }],
  entries: [
    destroy("note", {
      member: "user_id",
      label: { ko: "메모", en: "Notes" },
      purpose: { ko: "메모 보관", en: "To keep the member's notes" },
      show: ["text"],
    }),
  ],
});
