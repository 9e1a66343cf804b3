import type { Session as CookieSession } from "hono-sessions";
import type { Services } from "../actions/services.ts";
import type { AppError } from "../domain/error.ts";
import type { Language, Messages } from "../messages/mod.ts";

/** What is sealed into the session cookie. */
export interface Seal {
  /** 256 bits; the database knows its SHA-256. */
  secret: string;
  /** When the session was last seen, ms: the idle end is judged by it. */
  seen: number;
}

/** Hono's environment: what a handler may reach. */
export interface Env {
  /** Under Deno: who is connected, and what tells the span of the request its route. */
  Bindings: { remoteAddr?: { hostname?: string }; traced?(route: string): void };
  Variables: {
    /** The number of the receipt under which somebody has left on a page. */
    leftUnder?: string;
    services: Services;
    /** ms. One request has one now. It is taken when the body has arrived, because a body may take long. */
    now: number;
    requestId: string;
    language: Language;
    messages: Messages;
    session: CookieSession<Seal>;
    /** What the cookie held, where it is still good. */
    seal?: Seal;
    /** The secret of a session that was idle too long. */
    idleSecret?: string;
    /** Sealed cookies that this answer sets, by name; `null` deletes one. */
    cookies?: Readonly<Record<string, string | null>>;
    /** Opaque id of the member, for the log. */
    memberId?: string;
    /** Keyed hashes of the login name and the client's network, where a request was counted: for the log. */
    account?: string;
    network?: string;
    /** What was answered instead of what was asked for, for the log. */
    problem?: AppError | undefined;
  };
}
