/**
 * Leaving beside another system's sign-in: its members withdraw in one batch, with preview, receipt, ledger
 * and grace period. Nothing of Annyeong's own members is made. `docs/exit.md` is the reference.
 */
import { type Context, Hono } from "hono";
import type { Services } from "../actions/services.ts";
import type { Database } from "../db/engine/database.ts";
import { exitMigrations } from "../db/engine/exit_migrations.ts";
import type { Migration } from "../db/engine/migration.ts";
import type { DataMap } from "../domain/data_map.ts";
import { lookOf } from "../domain/theme.ts";
import { type Changes, type Messages, ownWords, withService, wordsWith } from "../messages/mod.ts";
import { newSecret } from "../crypto/tokens.ts";
import { contextOf, handOver } from "../http/hand_over.ts";
import { withTheme } from "../pages/stylesheet.ts";
import { type App, type Parts, serve } from "../runtime/mod.ts";
import type { Host } from "./host.ts";
import { createExit, exitPaths } from "./routes.tsx";

export type { Erasing } from "../actions/services.ts";
export type { Caller, Condition, Host } from "./host.ts";
export { exitTables } from "./tables.ts";
export {
  anonymise,
  blockedBy,
  type DataMap,
  dataMap,
  destroy,
  holdsNobody,
  keepApart,
} from "../domain/data_map.ts";
export type { Database, Migration, Parts, Services };

/** What an app brings. */
export interface ExitOptions {
  /** `dataMap([...exitTables, …], { subject: "user.id" })`. */
  dataMap: DataMap;
  host: Host;
  /** The app's own pages, to which ours link. */
  pages: { signIn: string; account: string; signOut?: string };
  /** The app's migrations, if it has no way of its own to run them. They run after ours. */
  migrations?: readonly Migration[];
  /** What the pages call the service. */
  name?: string;
  /** Other sentences of pages and answers. */
  words?: { ko?: Changes<Messages>; en?: Changes<Messages> };
  /** CSS that comes after ours. */
  style?: string;
}

export interface Exit {
  /** The routes. `app.route("/", exit.app)`, at the root. Other paths pass to the app. */
  app: Hono;
  /** The database, in the same way: one connection, whole batches. */
  readonly db: Database;
  readonly services: Services;
  /** Answers one request, for a server without Hono. `null`: the path is not the exit's. */
  answer(request: Request): Promise<Response | null>;
  /** The default export of the app's entry, for `deno serve` and for Workers. Runs the jobs as well. */
  serve(app: App): ReturnType<typeof serve>;
  /** Makes the exit work on services that were made elsewhere; `serve` does so by itself. */
  open(services: Services): void;
  /** For the command line: `operate` of `cli/operate.ts`. */
  parts: Parts;
}

/** Makes the exit of an app. Throws an `Error` if the data map names no subject of another system. */
export function exit(options: ExitOptions): Exit {
  const { dataMap, host, pages, name } = options;
  if (dataMap.subject.isOwn) {
    throw new Error('exit: the data map names no subject: dataMap([…], { subject: "user.id" })');
  }
  const paths = { export: "/withdrawal/export", signOut: "", ...pages };
  const look = withTheme(ownWords, lookOf({ ...(name && { name }) }), options.style);
  const words = wordsWith(withService(look, { ko: { paths }, en: { paths } }), options.words);
  const answered = [...exitPaths, words.ko.service.stylesheet.path].filter(Boolean);
  const parts: Parts = {
    dataMap,
    migrations: [...exitMigrations, ...options.migrations ?? []],
    words,
    environment: () => ({ SESSION_SECRET: newSecret() }), // no session of ours is sealed
    ...(host.erasing && { erasing: host.erasing }),
  };
  let opened: { services: Services; inner: App } | undefined;
  const inside = () => {
    if (!opened) throw new Error("nothing is open yet: export default await exit.serve(app)");
    return opened;
  };
  const open = (services: Services) => {
    opened = { services, inner: createExit(services, host) };
  };

  const app = new Hono();
  const pass = async (c: Context) =>
    handOver(c, await inside().inner.fetch(c.req.raw, c.env ?? {}, contextOf(c)));
  for (const path of answered) app.all(path, pass).all(`${path}/`, pass);

  return {
    app,
    parts,
    open,
    get db() {
      return inside().services.db;
    },
    get services() {
      return inside().services;
    },
    async answer(request) {
      const { pathname } = new URL(request.url);
      const isOurs = answered.some((path) =>
        new URLPattern({ pathname: `${path}{/}?` }).test({ pathname })
      );
      return isOurs ? await inside().inner.fetch(request, {}) : null;
    },
    serve: (app) =>
      serve((services) => {
        open(services);
        return app;
      }, parts),
  };
}
