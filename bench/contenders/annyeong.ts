import { freshSecrets } from "../../config/mod.ts";
import { type Contender, fromElsewhere, password, publicOrigin } from "./contender.ts";

const name = (n: number) => `member${n}`;

/** Annyeong on Deno, with the lowest password cost. */
export const annyeong: Contender = {
  name: "annyeong",
  module: new URL("../../main.ts", import.meta.url),
  health: "/healthz",
  env: async (url) => ({
    ANNYEONG_ENV: "development", // production does not allow a password cost of 4
    MAIL_URL: "off",
    PASSWORD_COST: "4",
    THROTTLE_SCALE: "1000",
    DATABASE_TIMEOUT_MS: "60000",
    PUBLIC_ORIGIN: publicOrigin,
    TRUSTED_PROXY_HEADER: "X-Forwarded-For",
    TURSO_DATABASE_URL: url,
    ...await freshSecrets("generated"),
  }),
  join: (n) => ({
    method: "POST",
    path: "/register",
    headers: fromElsewhere(n),
    body: { user_id: name(n), email: `${name(n)}@example.com`, password },
  }),
  signIn: (n) => ({
    method: "POST",
    path: "/login",
    headers: fromElsewhere(n),
    body: { user_id: name(n), password },
  }),
  see: ({ cookie }) => ({ method: "GET", path: "/userinfo", headers: { Cookie: cookie } }),
  leave: ({ cookie }) => ({ method: "DELETE", path: "/withdrawal", headers: { Cookie: cookie } }),
};
