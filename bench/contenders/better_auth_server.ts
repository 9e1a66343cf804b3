import { getMigrations } from "better-auth/db/migration";
import { createPasswords } from "../../crypto/passwords.ts";
import { createApp, optionsOf } from "./better_auth_app.ts";
import { publicOrigin } from "./contender.ts";
import { openClient, openNodeSqlite } from "./database.ts";

const cost = Deno.env.get("PASSWORD_COST");
const passwords = cost ? createPasswords(Number(cost), 1024) : null;
const url = Deno.env.get("TURSO_DATABASE_URL")!;
const onNodeSqlite = Deno.env.get("DRIVER") === "node:sqlite";
const database = onNodeSqlite ? openNodeSqlite(url) : await openClient(url);
const options = optionsOf(database, {
  baseURL: publicOrigin,
  secret: Deno.env.get("BETTER_AUTH_SECRET")!,
  cookieCache: Deno.env.get("COOKIE_CACHE") === "on",
  ...(passwords && {
    password: {
      hash: passwords.hash,
      verify: ({ password, hash }) => passwords.verify(password, hash),
    },
  }),
});
await (await getMigrations(options)).runMigrations();

export default createApp(options);
