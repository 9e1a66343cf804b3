import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import {
  CookieStore,
  type Session as CookieSession,
  type SessionData,
  sessionMiddleware,
} from "hono-sessions";
import * as z from "zod/mini";
import type { Config } from "../config/mod.ts";
import type { Env, Seal } from "./env.ts";
import { type Session, touchSession } from "../db/session/sessions.ts";
import { inBackground } from "./provide.ts";
import { AppError } from "../domain/error.ts";
import { seal as sealValue, unseal } from "./seal.ts";

/** Only what was sealed as a session is one: another text under the same key is nothing. */
const sealed = z.object({
  typ: z.literal("session"),
  secret: z.string().check(z.length(43)),
  seen: z.number(),
});

/** Unsealing costs more than the query it leads to; so many are remembered, half a MiB. */
const sealsRemembered = 1000;

/**
 * hono-sessions' cookie store, with what it lacks: no cookie for visitors, one `Set-Cookie` and only
 * when there is something to say, an expired cookie at the end, a checked shape, an idle end by our own
 * clock, and keys that rotate.
 */
class SealedCookieStore extends CookieStore {
  /** Seals that were opened before, the oldest first. The session row is asked each time all the same. */
  private readonly opened = new Map<string, Seal>();

  constructor(private readonly config: Config) {
    super();
  }

  /** Leaves what it opened to `begin`: the library would hash what it is given three times. */
  override async getSession(c: Context<Env>): Promise<null> {
    const cookie = getCookie(c, this.sessionCookieName, this.cookieOptions?.prefix);
    if (!cookie) return null;
    const seal = this.opened.get(cookie) ?? await this.open(cookie);
    if (!seal) return null;
    const isIdle = seal.seen + this.config.session.idleMs <= c.get("now");
    if (isIdle) c.set("idleSecret", seal.secret);
    else c.set("seal", seal);
    return null;
  }

  private async open(cookie: string): Promise<Seal | null> {
    const seal = await unseal(this.config, cookie, sealed);
    return seal && this.remember(cookie, seal);
  }

  private remember(cookie: string, seal: Seal): Seal {
    if (this.opened.size >= sealsRemembered) this.opened.delete(this.opened.keys().next().value!);
    this.opened.set(cookie, seal);
    return seal;
  }

  /** The library makes a session for every visitor; a visitor gets no cookie. */
  override async createSession(): Promise<void> {}

  override deleteSession(c: Context): Promise<void> {
    deleteCookie(c, this.sessionCookieName, this.cookieOptions);
    return Promise.resolve();
  }

  override async persistSessionData(c: Context, { _data }: SessionData): Promise<void> {
    const { secret, seen } = _data;
    if (secret && seen) {
      const seal = { typ: "session", secret: secret.value, seen: seen.value };
      const value = await sealValue(this.config, seal);
      this.remember(value, seal);
      setCookie(c, this.sessionCookieName, value, this.cookieOptions);
    } else if (getCookie(c, this.sessionCookieName, this.cookieOptions?.prefix)) {
      await this.deleteSession(c);
    }
  }
}

function sessionData(seal: Seal): SessionData {
  const entry = <T>(value: T) => ({ value, flash: false });
  return {
    _data: { secret: entry(seal.secret), seen: entry(seal.seen) },
    _expire: null,
    _delete: false,
    _accessed: null,
  };
}

/** Opens the session cookie, and seals it again when it changed. The database is not asked here. */
export function cookieSessions(config: Config): MiddlewareHandler<Env> {
  const secure = config.publicOrigin?.startsWith("https:") ?? false;
  const sessions = sessionMiddleware({
    store: new SealedCookieStore(config),
    encryptionKey: config.sessionSecrets[0]!,
    autoExtendExpiration: false,
    sessionCookieName: "annyeong",
    cookieOptions: {
      path: "/",
      httpOnly: true,
      sameSite: "Lax",
      secure,
      ...(secure && { prefix: "host" as const }),
    },
  }) as MiddlewareHandler<Env>;
  return (c, next) =>
    sessions(c, async () => {
      begin(c.get("session"), c.get("seal"));
      await next();
    });
}

/** Fills a session with what its cookie held, and notes when it changes. */
function begin(session: CookieSession<Seal>, seal: Seal | undefined): void {
  if (seal) session.setCache(sessionData(seal), true);
  let changed = !seal; // a cookie that opens to nothing is expired
  const set = session.set.bind(session);
  session.set = (name, value) => {
    changed = true;
    set(name, value);
  };
  session.isStale = () => changed;
}

/** The secret in the cookie. Throws `unauthenticated` where there is none. */
export function requireSecret(c: Context<Env>): string {
  const secret = c.get("session").get("secret");
  if (!secret) throw new AppError("unauthenticated");
  return secret;
}

/** The secret in the cookie, or `null`. */
export function secretOf(c: Context<Env>): string | null {
  return c.get("session")?.get("secret") ?? null;
}

/** The same, even when it was idle too long: to end the row behind it. */
export function anySecretOf(c: Context<Env>): string | null {
  return secretOf(c) ?? c.get("idleSecret") ?? null;
}

/** How exactly the list of devices says when each was used. */
const useStepMs = 60 * 60_000;

/** Notes for the log and the cookie that a live session was used. */
export function noteSession(c: Context<Env>, { id, member, lastUsedAt }: Session): void {
  c.set("memberId", member.id);
  noteSeen(c);
  const { now, services } = c.var;
  if (now - lastUsedAt >= useStepMs) {
    inBackground(c, touchSession(services.db, id, now).catch(() => {})); // an answer does not wait for it
  }
}

/** Puts the secret of an opened session into the cookie. */
export function startCookie(c: Context<Env>, secret: string): void {
  c.get("session").set("secret", secret);
  c.get("session").set("seen", c.get("now"));
}

/** Expires the cookie. */
export function endCookie(c: Context<Env>): void {
  c.get("session").deleteSession();
}

/**
 * Notes in the cookie that it was used. Sealing costs time, so this is done in steps of a tenth of the idle
 * time, a minute at most.
 */
export function noteSeen(c: Context<Env>): void {
  const step = Math.min(60_000, c.get("services").config.session.idleMs / 10);
  const seen = c.get("session").get("seen") ?? 0;
  if (c.get("now") - seen >= step) c.get("session").set("seen", c.get("now"));
}
