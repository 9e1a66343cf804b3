/** better-auth 1.7 with its plugins and the exit beside it, on an embedded file or on a real sqld. */
import { LibsqlDialect } from "@libsql/kysely-libsql";
import { betterAuth, type BetterAuthOptions } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { emailOTP, organization, twoFactor } from "better-auth/plugins";
import { Hono } from "hono";
import { CamelCasePlugin, Kysely } from "kysely";
import type { Services } from "../../actions/services.ts";
import { betterAuthExit, type BetterAuthExitOptions, leaving } from "../../exit/better_auth.ts";
import { openShared } from "../../exit/node_sqlite.ts";
import { Clock, openApp, type TestApp } from "./harness.ts";
import { openSqld } from "./stacks.ts";

export const origin = "https://members.example";

/** A clock that runs with better-auth's, which has none of its own, and can be moved ahead. */
export class RealClock extends Clock {
  private ahead = 0;
  override now = () => Date.now() + this.ahead;
  override pass(ms: number) {
    this.ahead += ms;
  }
}

export interface Beside {
  on?: "embedded" | "sqld";
  auth?: Partial<BetterAuthOptions>;
  exit?: Partial<BetterAuthExitOptions>;
  env?: Record<string, string>;
  /** `snake_case`: the columns have other names than in better-auth, as with Drizzle. */
  naming?: "snake_case";
  /** SQL of the app's own tables. */
  tables?: string[];
}

/** Mails and codes that better-auth sends, by address. */
export interface BetterAuthApp extends TestApp {
  sent: { to: string; text: string }[];
}

export async function openBetterAuth(setup: Beside = {}): Promise<BetterAuthApp> {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-better-auth-" });
  const sqld = setup.on === "sqld" ? await openSqld() : null;
  const url = sqld?.url ?? `file:${folder}/app.db`;
  const file = sqld ? null : openShared(url);
  const sent: BetterAuthApp["sent"] = [];
  const databaseOf = () => {
    if (file) return file;
    const dialect = new LibsqlDialect({ url });
    if (!setup.naming) return { dialect, type: "sqlite" as const };
    const plugins = [new CamelCasePlugin()];
    return {
      db: new Kysely<never>({ dialect: dialect as never, plugins }),
      type: "sqlite" as const,
    };
  };
  const options = {
    baseURL: origin,
    secret: "a secret of this test only, 0123456789abcdef",
    database: databaseOf(),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    ...setup.auth,
    user: { deleteUser: { enabled: true }, ...setup.auth?.user },
    plugins: [
      organization(),
      twoFactor(),
      emailOTP({
        sendVerificationOTP: ({ email, otp }) => {
          sent.push({ to: email, text: otp });
          return Promise.resolve();
        },
      }),
      ...setup.auth?.plugins ?? [],
      leaving(),
    ],
  } satisfies BetterAuthOptions;
  await (await getMigrations(options)).runMigrations();
  const auth = betterAuth(options);
  const exit = betterAuthExit(auth, {
    pages: { signIn: "/sign-in", account: "/" },
    ...(setup.naming && { naming: setup.naming }),
    ...setup.exit,
  });
  const app = new Hono()
    .on(["GET", "POST"], "/api/auth/*", (c) => auth.handler(c.req.raw))
    .route("/", exit.app);
  const beside = {
    parts: exit.parts,
    app: (services: Services) => {
      exit.open(services);
      return app;
    },
    folder: ".",
  };
  const env = { ...setup.env, TURSO_DATABASE_URL: url };
  const clock = new RealClock();
  const opened = await openApp({ beside, env, clock, tables: setup.tables ?? [] });
  return {
    ...opened,
    folder,
    sent,
    close: async () => {
      await opened.close();
      file?.close();
      await sqld?.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

export async function withBetterAuth(
  setup: Beside,
  test: (app: BetterAuthApp) => Promise<void>,
): Promise<void> {
  const app = await openBetterAuth(setup);
  try {
    await test(app);
  } finally {
    await app.close();
  }
}
