/**
 * Annyeong in an app of your own: its members join, sign in and leave, and leaving reaches the app's
 * own tables. `docs/beside-your-app.md` is the reference, `examples/shop/README.md` the afternoon.
 */
import { type Context, type ErrorHandler, Hono, type MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { type AppType, createApp } from "./app.ts";
import type { Services } from "./actions/services.ts";
import type { Database } from "./db/engine/database.ts";
import type { Migration } from "./db/engine/migration.ts";
import { ownMigrations } from "./db/engine/own_migrations.ts";
import type { DataMap, Words } from "./domain/data_map.ts";
import type { Member } from "./domain/member.ts";
import { lookOf, type Theme } from "./domain/theme.ts";
import type { Transport } from "./mail/transport.ts";
import { type Changes, type Messages, ownWords, withService, wordsWith } from "./messages/mod.ts";
import { createGate, type Gate, type Passage } from "./http/gate.ts";
import { contextOf, handOver, passCookies } from "./http/hand_over.ts";
import { securityHeaders } from "./http/headers.ts";
import { stylesheet, withTheme } from "./pages/stylesheet.ts";
import { type App, type Parts, serve } from "./runtime/mod.ts";

export { ownTables } from "./data_map.ts";
export {
  alsoShow,
  anonymise,
  blockedBy,
  type DataMap,
  dataMap,
  destroy,
  holdsNobody,
  keepApart,
} from "./domain/data_map.ts";
/** Refuses bodies over 16 KiB, for the app's own forms. */
export { limitBody } from "./http/body.ts";
/** Sets `c.get("language")` as Annyeong's pages choose it, and keeps the choice of `?lang=`. */
export { language } from "./http/language.ts";
/** For the app's own pages as well: headers of another's around ours would take the place of ours. */
export { securityHeaders };
export type { Mail, Sent, Transport } from "./mail/transport.ts";
export type { AppType, Database, Member, Migration, Parts, Services, Theme };

/** What an app brings: plain data. */
export interface Extension {
  /** `dataMap([...ownTables, …])`: the app's own tables after ours. */
  dataMap: DataMap;
  /** The app's own, in order; they run after ours. */
  migrations?: readonly Migration[];
  /** What the pages call the service. */
  name?: string;
  /** The app's own way to send a mail: with `MAIL_URL=app:` it takes the place of ours. */
  transport?: Transport;
  /** Other sentences for pages, answers and mails. */
  words?: { ko?: Changes<Messages>; en?: Changes<Messages> };
  /** Name, logo, colours, font and links. */
  theme?: Theme;
  /** CSS that comes after ours and the theme's; `pages/style.css` says which variables there are. */
  style?: string;
  /** The app's own pages, to which every page of Annyeong links in its header. */
  navigation?: readonly { href: string; label: Words }[];
  /** The app's own pages for members: who has to sign in first is led back to them. */
  memberPages?: readonly string[];
}

/** For `new Hono<MemberEnv>()`: what `requireMember` puts into `c.var`. */
export interface MemberEnv {
  Variables: { member: Member };
}

export interface Membership {
  /** Every route of Annyeong. Mount it last, at the root: `app.route("/", members.app)`. */
  app: AppType;
  /** The paths of Annyeong's stylesheet and the theme's, for pages of the app that should look the same. */
  stylesheets: readonly string[];
  /**
   * Who asks: one query. `null` for a visitor, and for a member who is about to leave. Throws what
   * `onError` tells: another site's request that would change something, a database that is away.
   */
  member(c: Context): Promise<Member | null>;
  /**
   * Lets members pass, as `c.var.member`, and answers everyone else as Annyeong does: 401 or the
   * sign-in page, 403 while they are about to leave, 403 for other sites' requests.
   */
  requireMember: MiddlewareHandler<MemberEnv>;
  /**
   * `app.onError(members.onError)`: the app's failures told as ours are, 503 for a lost database, 404 for
   * an `HTTPException` of 404. Any other `HTTPException` answers as it says.
   */
  onError: ErrorHandler;
  /** The same database, in the same way: one connection, whole batches. */
  readonly db: Database;
  /** The default export of the app's entry, for `deno serve` and for Workers. */
  serve(app: App): ReturnType<typeof serve>;
  /** Makes it work on services that were made elsewhere; `serve` does so by itself. */
  open(services: Services): void;
  /** For the command line: `operate` of `cli/operate.ts`. */
  parts: Parts;
}

/** Throws an `Error` that says what is wrong with what was brought. */
export function membership(extension: Extension): Membership {
  const parts = partsOf(extension);
  let opened: { db: Database; app: App; gate: Gate } | undefined;

  function inside() {
    if (!opened) throw new Error("nothing is open yet: export default await members.serve(app)");
    return opened;
  }

  const app = new Hono();
  app.all("*", async (c) => {
    return handOver(c, await inside().app.fetch(c.req.raw, c.env ?? {}, contextOf(c)));
  });

  /** Asks the gate. What comes of it depends on the cookie, which may have been sealed again. */
  async function ask(c: Context): Promise<Passage> {
    const passage = await inside().gate.ask(c.req.raw);
    c.res.headers.append("Vary", "Cookie");
    if (!passage.member) return passage;
    passCookies(passage.answer, c);
    c.res.headers.set("Cache-Control", "no-store");
    return passage;
  }

  const open = (services: Services) => {
    opened = { db: services.db, app: createApp(services), gate: createGate(services) };
  };

  return {
    app: app as unknown as AppType,
    parts,
    stylesheets: [stylesheet.path, parts.words.ko.service.stylesheet.path].filter(Boolean),
    open,
    get db() {
      return inside().db;
    },
    async member(c) {
      const { member, refused } = await ask(c);
      if (!refused) return member;
      if (refused.code === "unauthenticated" || refused.code === "withdrawal_pending") return null;
      throw refused;
    },
    requireMember: async (c, next) => {
      const { member, refused, answer } = await ask(c);
      if (refused && answer.status >= 500) {
        return handOver(c, await inside().gate.tell(c.req.raw, refused));
      }
      if (!member) return handOver(c, answer);
      c.set("member", member);
      await next();
    },
    onError: async (error, c) => {
      const isOwn = error instanceof HTTPException && error.status !== 404;
      return isOwn ? error.getResponse() : handOver(c, await inside().gate.tell(c.req.raw, error));
    },
    serve: (app) =>
      serve((services) => {
        open(services);
        return app;
      }, parts),
  };
}

function partsOf(extension: Extension): Parts {
  const migrations = [...ownMigrations, ...extension.migrations ?? []];
  const names = migrations.map(({ name }) => name);
  const twice = names.find((name, n) => names.indexOf(name) !== n);
  if (twice) throw new Error(`migrations: "${twice}" is there twice, or is one of Annyeong's own`);
  const { name, theme, style, navigation = [] } = extension;
  const look = lookOf({ ...(name && { name }), ...theme });
  const own = withTheme(ownWords, look, style);
  const service = (language: keyof Words) => ({
    memberPages: extension.memberPages ?? [],
    navigation: navigation.map(({ href, label }) => ({ href, text: label[language] })),
  });
  const words = wordsWith(
    withService(own, { ko: service("ko"), en: service("en") }),
    extension.words,
  );
  return {
    dataMap: extension.dataMap,
    migrations,
    words,
    ...(extension.transport && { transport: extension.transport }),
  };
}
