import type { Contender } from "./contender.ts";

const path = (n: number) => `/users/member${n}`;

/** The floor: what Hono and the database driver cost without a membership service. */
export const floor: Contender = {
  name: "floor",
  module: new URL("floor_server.ts", import.meta.url),
  health: "/healthz",
  env: (url) => Promise.resolve({ TURSO_DATABASE_URL: url }),
  join: (n) => ({ method: "PUT", path: path(n) }),
  signIn: null,
  see: ({ n }) => ({ method: "GET", path: path(n) }),
  leave: ({ n }) => ({ method: "DELETE", path: path(n) }),
};
