import { scryptSync } from "node:crypto";
import { betterAuth, type BetterAuthOptions } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { organization } from "better-auth/plugins";
import { Hono } from "hono";
import type { Services } from "../../actions/services.ts";
import type { DataMap } from "../../domain/data_map.ts";
import { betterAuthExit, leaving } from "../../exit/better_auth.ts";
import { openShared } from "../../exit/node_sqlite.ts";
import { type Answer, type Browser, openApp, type TestApp } from "../../tests/support/harness.ts";
import { RealClock } from "../../tests/support/better_auth.ts";
import { appEntries, recipients } from "./annyeong.ts";
import { appTables, origin, password, type Place, type Settings, type Subject } from "./place.ts";

const post = (browser: Browser, path: string, body: unknown, headers = {}): Promise<Answer> =>
  browser.send("POST", `/api/auth${path}`, body, headers);

const cheap = {
  hash: (password: string) =>
    Promise.resolve(scryptSync(password, "", 32, { N: 16 }).toString("hex")),
  verify: async (given: { password: string; hash: string }) =>
    await cheap.hash(given.password) === given.hash,
};

/** better-auth as its manual sets it up, on the SQLite and with the pragmas that ours has. */
async function open(withExit: boolean, { cached, veto }: Settings): Promise<Place> {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-leaving-" });
  const file = `${folder}/app.db`;
  const database = openShared(`file:${file}`);
  const hooks = { before: 0, after: 0 };
  let link = "";
  const options = {
    baseURL: origin,
    secret: "a secret of this suite only, 0123456789abcdef",
    database,
    // a cheap hash, because how long it takes is not compared here
    emailAndPassword: { enabled: true, password: cheap },
    session: { cookieCache: { enabled: cached ?? false } },
    // its defaults, but joining, which every experiment begins with
    rateLimit: {
      enabled: true,
      customRules: { "/sign-up/email": false, "/sign-in/email": false },
    },
    telemetry: { enabled: false },
    logger: { disabled: true },
    onAPIError: { onError: () => {} },
    user: {
      deleteUser: {
        enabled: true,
        beforeDelete: () => {
          hooks.before++;
          return Promise.resolve();
        },
        afterDelete: () => {
          hooks.after++;
          return Promise.resolve();
        },
      } as NonNullable<BetterAuthOptions["user"]>["deleteUser"] & object,
    },
    ...(veto && { databaseHooks: { user: { delete: { before: () => Promise.resolve(false) } } } }),
    plugins: [organization(), ...(withExit ? [leaving()] : [])],
  } satisfies BetterAuthOptions;
  await (await getMigrations(options)).runMigrations();
  const auth = betterAuth(options);
  const app = new Hono().on(["GET", "POST"], "/api/auth/*", (c) => auth.handler(c.req.raw));
  const tables = appTables.map((sql) => sql.replace("MEMBERS", "user"));
  let beside: TestApp | null = null;
  let map: DataMap | null = null;
  if (withExit) {
    const exit = betterAuthExit(auth, {
      pages: { signIn: "/sign-in", account: "/" },
      entries: appEntries,
    });
    app.route("/", exit.app);
    map = exit.parts.dataMap;
    beside = await openApp({
      env: { RECIPIENTS: recipients, TURSO_DATABASE_URL: `file:${file}` },
      clock: new RealClock(),
      tables,
      beside: {
        parts: exit.parts,
        folder: ".",
        app: (services: Services) => {
          exit.open(services);
          return app;
        },
      },
    });
  } else {
    for (const sql of tables) database.exec(sql);
  }
  return {
    fetch: async (request) => await (beside?.fetch(request) ?? app.fetch(request)),
    members: "user",
    services: beside?.services ?? null,
    map,
    file,
    hooks,
    join: (browser, name) =>
      post(browser, "/sign-up/email", { name, email: `${name}@example.com`, password }),
    signIn: (browser, name) =>
      post(browser, "/sign-in/email", { email: `${name}@example.com`, password }),
    who: async (browser) => (await browser.get("/api/auth/get-session")).json?.user?.name ?? null,
    leave: (browser, body = {}, headers) => post(browser, "/delete-user", body, headers),
    isGone: ({ status, json }) => status === 200 && json.success === true,
    async deletionPaths(browser) {
      options.user.deleteUser.sendDeleteAccountVerification = ({ url }) => {
        link = url;
        return Promise.resolve();
      };
      await post(browser, "/delete-user", {});
      const { pathname, search } = new URL(link);
      return ["/api/auth/delete-user", pathname + search, ...(withExit ? ["/withdrawal"] : [])];
    },
    preview: async (browser) => withExit ? await browser.get("/withdrawal") : null,
    async organise(owner, other, email) {
      const made = await post(owner, "/organization/create", { name: "Tea", slug: "tea" });
      const organizationId = made.json.id;
      const invitation = { email, role: "member", organizationId };
      const invited = await post(owner, "/organization/invite-member", invitation);
      const invitationId = invited.json.id;
      await post(other, "/organization/accept-invitation", { invitationId });
      return true;
    },
    async close() {
      await beside?.close();
      database.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

export const betterAuthAlone: Subject = {
  name: "better-auth 1.7",
  open: (settings) => open(false, settings),
};
export const betterAuthWithExit: Subject = {
  name: "better-auth with the exit",
  open: (settings) => open(true, settings),
};
