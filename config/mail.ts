import * as z from "zod/mini";
import { ConfigError, text } from "./fields.ts";
import { isLoopback } from "./hosts.ts";

/** A mailbox: who a mail is from. */
export interface Mailbox {
  /** The display name; empty if there is none. */
  name: string;
  address: string;
}

/** The way that mails take. It may hold a secret. */
export type MailRoute =
  | {
    kind: "smtp";
    host: string;
    port: number;
    /** TLS from the first byte. Otherwise STARTTLS, except on loopback. */
    tls: "first" | "starttls" | "none";
    login: { user: string; password: string } | null;
  }
  | { kind: "file"; folder: string }
  /** `endpoint`: the origin of the API. */
  | { kind: "resend" | "postmark"; key: string; endpoint: string }
  /** A `send_email` binding of the Worker. */
  | { kind: "binding"; name: string }
  /** The app's own: `transport` of `mod.ts`. */
  | { kind: "app" };

/** How mails are sent. */
export interface MailConfig {
  route: MailRoute;
  from: Mailbox;
}

/** Whether an address must be verified before its member can sign in. */
export const verifications = ["off", "optional", "required"] as const;
export type Verification = (typeof verifications)[number];

/** Where mails go in development, relative to the working directory. */
export const developmentMailFolder = "data/mail";
const developmentFrom = "Annyeong <annyeong@localhost>";
const endpoints = { resend: "https://api.resend.com", postmark: "https://api.postmarkapp.com" };

const forms =
  "must be smtp://user:password@host:587, smtps://user:password@host:465, file:FOLDER, " +
  "resend://KEY, postmark://TOKEN, binding:NAME, app: or off";

export const mailFields = {
  MAIL_URL: z.optional(text((url) => url === "off" || routeOf(url) !== null, forms)),
  MAIL_FROM: z.optional(
    text(
      (from) => mailboxOf(from) !== null,
      "must be Name <address>, such as Haru <hi@haru.example>",
    ),
  ),
  EMAIL_VERIFICATION: z.optional(
    z.enum(verifications, { error: `must be one of ${verifications.join(", ")}` }),
  ),
};

/**
 * Returns how mails are sent, or `null` if mail is off: by default in production and on Workers. In
 * development they become files. Throws `ConfigError`.
 */
export function mailConfig(
  env: { MAIL_URL?: string | undefined; MAIL_FROM?: string | undefined },
  production: boolean,
  runtime: "deno" | "workers",
): MailConfig | null {
  const byDefault = production || runtime === "workers" ? "off" : `file:${developmentMailFolder}`;
  const url = env.MAIL_URL ?? byDefault;
  if (url === "off") return null;
  const route = routeOf(url)!;
  requireRuntime(route, runtime);
  const from = env.MAIL_FROM ?? (production ? null : developmentFrom);
  if (from === null) {
    throw new ConfigError(
      "MAIL_FROM is missing: MAIL_URL needs it, such as Haru <hi@haru.example>; it must be set",
    );
  }
  return { route, from: mailboxOf(from)! };
}

/** Returns the configured verification. Throws `ConfigError` if it needs mail and mail is off. */
export function verificationOf(given: Verification | undefined, mail: MailConfig | null) {
  const verification = given ?? (mail ? "optional" : "off");
  if (verification !== "off" && mail === null) {
    throw new ConfigError("EMAIL_VERIFICATION must be off without MAIL_URL");
  }
  return verification;
}

/** Throws `ConfigError` for a route that the runtime cannot take. */
function requireRuntime({ kind }: MailRoute, runtime: "deno" | "workers"): void {
  if (runtime === "workers" && (kind === "smtp" || kind === "file")) {
    const why = kind === "smtp" ? "sends no SMTP" : "has no files";
    throw new ConfigError(`MAIL_URL must be resend://, postmark:// or binding: a Worker ${why}`);
  }
  if (runtime === "deno" && kind === "binding") {
    throw new ConfigError("MAIL_URL must not be binding: only a Worker has bindings");
  }
}

/** `null`: the text is no URL of a route. */
function routeOf(url: string): MailRoute | null {
  if (/^smtps?:\/\//.test(url)) return smtpOf(url);
  if (url === "app:") return { kind: "app" };
  const [, folder] = /^file:(?:\/\/(?=\/))?([^\p{Cc}]+)$/u.exec(url) ?? [];
  if (folder) return { kind: "file", folder };
  const [, name] = /^binding:([A-Za-z_$][\w$]*)$/.exec(url) ?? [];
  if (name) return { kind: "binding", name };
  const [, service, key, host] = /^(resend|postmark):\/\/([\w.~+-]+)(?:@([^/@\s]+))?$/.exec(url) ??
    [];
  if (!service) return null;
  const kind = service as "resend" | "postmark";
  const endpoint = host ? endpointOf(host) : endpoints[kind];
  return endpoint === null ? null : { kind, key: key!, endpoint };
}

/** The origin of another endpoint: plain HTTP on loopback only. */
function endpointOf(host: string): string | null {
  if (!URL.canParse(`https://${host}`)) return null;
  const url = new URL(`https://${host}`);
  if (url.pathname !== "/" || url.search || url.hash) return null;
  return isLoopback(url.hostname) ? new URL(`http://${host}`).origin : url.origin;
}

function smtpOf(text: string): MailRoute | null {
  // As https, so that the host is parsed as a host: in lower case, without a port that is none.
  const written = text.replace(/^smtps?:/, "https:");
  if (!URL.canParse(written)) return null;
  const { hostname, port, pathname, search, hash, username, password } = new URL(written);
  if (pathname !== "/" || search || hash || (username === "") !== (password === "")) return null;
  const secure = text.startsWith("smtps:");
  const tls = secure ? "first" : isLoopback(hostname) ? "none" : "starttls";
  const ownPort = /:443\/?$/.test(text) ? "443" : port; // the default of https, which URL drops
  try {
    const login = username === ""
      ? null
      : { user: decodeURIComponent(username), password: decodeURIComponent(password) };
    const host = hostname.replace(/^\[|\]$/g, "");
    return { kind: "smtp", host, port: Number(ownPort) || (secure ? 465 : 587), tls, login };
  } catch {
    return null; // not percent-encoded
  }
}

/** `Name <address>` or an address. `null`: neither. */
function mailboxOf(text: string): Mailbox | null {
  if (/[\p{Cc}"\\]/u.test(text)) return null;
  const [, name = "", address] = /^([^<>]*)<([^<>]+)>$/.exec(text) ?? [, "", text];
  if (!/^[^\s@<>,;:()[\]]{1,64}@[^\s@<>,;:()[\]]{1,253}$/.test(address!)) return null;
  return { name: name.trim(), address: address! };
}
