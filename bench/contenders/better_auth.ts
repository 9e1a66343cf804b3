import { newSecret } from "../../crypto/tokens.ts";
import { type Ask, type Contender, fromElsewhere, password, publicOrigin } from "./contender.ts";

const email = (n: number) => `member${n}@example.com`;

/** It asks for an Origin wherever a cookie comes along; browsers send one. */
function post(path: string, body: unknown, headers: Record<string, string>): Ask {
  return { method: "POST", path, headers: { Origin: publicOrigin, ...headers }, body };
}

export const betterAuth: Contender = {
  name: "better-auth",
  module: new URL("better_auth_server.ts", import.meta.url),
  health: "/api/auth/ok",
  env: (url) =>
    Promise.resolve({
      NODE_ENV: "production",
      PASSWORD_COST: "4",
      BETTER_AUTH_SECRET: newSecret(),
      TURSO_DATABASE_URL: url,
    }),
  join: (n) => {
    const form = { name: `member${n}`, email: email(n), password };
    return post("/api/auth/sign-up/email", form, fromElsewhere(n));
  },
  signIn: (n) => post("/api/auth/sign-in/email", { email: email(n), password }, fromElsewhere(n)),
  see: ({ cookie }) => ({
    method: "GET",
    path: "/api/auth/get-session",
    headers: { Cookie: cookie },
  }),
  leave: ({ cookie }) => post("/api/auth/delete-user", {}, { Cookie: cookie }),
};

/** The same on the SQLite that is built into Deno. Only for an embedded file. */
export const betterAuthNodeSqlite: Contender = {
  ...betterAuth,
  name: "better-auth, node:sqlite",
  env: async (url) => ({ ...await betterAuth.env(url), DRIVER: "node:sqlite" }),
  only: "embedded",
};

/**
 * The same with a copy of the session in a second cookie: for five minutes the database is not asked, and
 * a session that was revoked stays valid.
 */
export const betterAuthCached: Contender = {
  ...betterAuth,
  name: "better-auth, cookieCache (a revoked session stays valid)",
  env: async (url) => ({ ...await betterAuth.env(url), COOKIE_CACHE: "on" }),
};
