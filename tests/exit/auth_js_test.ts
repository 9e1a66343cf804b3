import assert from "node:assert/strict";
import { Hono } from "hono";
import type { Services } from "../../actions/services.ts";
import { leaving } from "../../examples/auth-js/leaving.ts";
import { Browser, dump, type Service, type Setup } from "../support/harness.ts";
import { embedded, onSqld, onWorkers, testOnWith } from "../support/stacks.ts";

/** The migration of `@auth/d1-adapter`. */
const tables = [
  `CREATE TABLE accounts (
     id text NOT NULL, userId text NOT NULL DEFAULT NULL, type text NOT NULL DEFAULT NULL,
     provider text NOT NULL DEFAULT NULL, providerAccountId text NOT NULL DEFAULT NULL,
     refresh_token text DEFAULT NULL, access_token text DEFAULT NULL, expires_at number DEFAULT NULL,
     token_type text DEFAULT NULL, scope text DEFAULT NULL, id_token text DEFAULT NULL,
     session_state text DEFAULT NULL, oauth_token_secret text DEFAULT NULL,
     oauth_token text DEFAULT NULL, PRIMARY KEY (id))`,
  `CREATE TABLE sessions (
     id text NOT NULL, sessionToken text NOT NULL, userId text NOT NULL DEFAULT NULL,
     expires datetime NOT NULL DEFAULT NULL, PRIMARY KEY (sessionToken))`,
  `CREATE TABLE users (
     id text NOT NULL DEFAULT '', name text DEFAULT NULL, email text DEFAULT NULL,
     emailVerified datetime DEFAULT NULL, image text DEFAULT NULL, PRIMARY KEY (id))`,
  `CREATE TABLE verification_tokens (
     identifier text NOT NULL, token text NOT NULL DEFAULT NULL,
     expires datetime NOT NULL DEFAULT NULL, PRIMARY KEY (token))`,
];

const setup: Setup = {
  tables,
  env: { WITHDRAWAL_CONFIRM: "phrase" },
  beside: {
    parts: leaving.parts,
    app: (services: Services) => {
      leaving.open(services);
      return new Hono().route("/", leaving.app);
    },
    folder: "examples/auth-js",
  },
};

/** What Auth.js writes when a member signs in. */
async function signedIn(app: Service, name: string, device: string): Promise<Browser> {
  const browser = new Browser(app);
  const expires = new Date(Date.now() + 3650 * 24 * 60 * 60_000).toISOString();
  const write = (sql: string, ...args: string[]) => app.sql(sql, args);
  await write(
    "INSERT INTO users (id, name, email) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    `id-${name}`,
    name,
    `${name}@example.com`,
  );
  await write(
    "INSERT INTO sessions (id, sessionToken, userId, expires) VALUES (?, ?, ?, ?)",
    ...[device, device, `id-${name}`, expires],
  );
  await write(
    `INSERT INTO accounts (id, userId, type, provider, providerAccountId, access_token)
      VALUES (?, ?, 'oauth', 'github', ?, 'secret')`,
    ...[device, `id-${name}`, name],
  );
  await write(
    "INSERT INTO verification_tokens (identifier, token, expires) VALUES (?, ?, ?)",
    ...[`${name}@example.com`, `link-${device}`, expires],
  );
  browser.cookies.set("authjs.session-token", device);
  return browser;
}

for (const stack of [embedded, onSqld, onWorkers]) {
  testOnWith(stack, setup, "a member of Auth.js leaves by the recipe", async (app) => {
    const leaver = await signedIn(app, "haneul", "first");
    const second = await signedIn(app, "haneul", "second");
    const other = await signedIn(app, "byeol", "third");
    const asked = await leaver.send("DELETE", "/withdrawal");
    assert.equal(asked.json.confirm, "phrase", asked.text);
    const page = await leaver.get("/withdrawal", { Accept: "text/html" });
    assert.match(page.text, /href="\/auth\/signout"/);
    const left = await leaver.send("DELETE", "/withdrawal", { phrase: "회원탈퇴" });
    assert.equal(left.status, 200, left.text);
    assert.equal((await second.get("/withdrawal")).status, 401);
    assert.equal((await other.get("/withdrawal")).status, 200);
    const rows = [...(await dump(app)).values()].flat().join("\n");
    assert.doesNotMatch(rows, /haneul@|link-first|link-second/);
    assert.match(rows, /byeol@/);
    const visitor = await new Browser(app).get("/withdrawal", { Accept: "text/html" });
    assert.equal(visitor.headers.get("Location"), "/auth/signin");
  });
}

Deno.test("docs/exit.md shows the recipe of Auth.js as it is tested", async () => {
  const docs = await Deno.readTextFile("docs/exit.md");
  const recipe = await Deno.readTextFile("examples/auth-js/leaving.ts");
  assert.ok(docs.includes(recipe.replaceAll('"../../exit/', '"./annyeong/exit/')));
});
