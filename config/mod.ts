import type { JWK } from "jose";
import * as z from "zod/mini";
import { type Confirm, confirms } from "../domain/confirmation.ts";
import type { Look } from "../domain/theme.ts";
import type { WithdrawalPolicy } from "../domain/withdrawal.ts";
import type { Consent } from "../domain/consent.ts";
import { consentList } from "./consents.ts";
import { type DatabaseConfig, databaseConfig, databaseFields } from "./database.ts";
import {
  ConfigError,
  day,
  duration,
  type Environment,
  isHttp,
  isOrigin,
  isPlainUrl,
  list,
  minute,
  number,
  read,
  text,
} from "./fields.ts";
import { secretFields } from "./keys.ts";
import {
  type MailConfig,
  mailConfig,
  mailFields,
  type Verification,
  verificationOf,
} from "./mail.ts";
import { environmentName, refuseUnsafe, requireCost } from "./production.ts";
import { type ProviderConfig, providerList } from "./providers.ts";
import { type Recipient, recipientList } from "./recipients.ts";
import { themeField } from "./theme.ts";

export { defaultDatabase, parseDatabaseConfig } from "./database.ts";
export { ConfigError, type Environment } from "./fields.ts";
export { freshSecrets } from "./keys.ts";
export type { ProviderConfig } from "./providers.ts";
export { developmentMailFolder, type Mailbox, type MailConfig, type MailRoute } from "./mail.ts";
export type { Recipient } from "./recipients.ts";

/** The service's settings: read from the environment once, checked and frozen. All times are in ms. */
export interface Config {
  production: boolean;
  database: DatabaseConfig;
  /** The first seals, all open. */
  sessionSecrets: readonly string[];
  session: { idleMs: number; maxMs: number };
  identifierKey: string;
  /** The first signs; the public halves of all are published. */
  receiptKeys: readonly JWK[];
  /** `null`, only in development: the origin of each request. */
  publicOrigin: string | null;
  /** Origins of our own front ends on the same site, whose requests count as our own. */
  allowedOrigins: readonly string[];
  withdrawal: WithdrawalPolicy;
  password: { minLength: number; cost: number };
  throttleScale: number;
  /** How long a request's body may take to arrive. */
  bodyTimeoutMs: number;
  trustedProxyHeader: string | null;
  recipients: readonly Recipient[];
  /** What members can sign in with, in the order of the buttons. */
  providers: readonly ProviderConfig[];
  /** `null`: no mail is sent, and nothing is offered that needs mail. */
  mail: MailConfig | null;
  emailVerification: Verification;
  /** What members are asked to agree to when they join. */
  consents: readonly Consent[];
  /** `null`: Annyeong's own, or that of the app around it. */
  theme: Look | null;
  /** The second place for the ledger: `file:` or an endpoint. */
  ledgerUrl: string | null;
  /** What `/metrics` asks for; `null` turns it off. */
  metricsToken: string | null;
}

const passwordCost = z._default(number({ min: 1, max: 17, whole: true }), 14);

const fields = z.object({
  ...databaseFields,
  ...secretFields,
  ...mailFields,
  ANNYEONG_ENV: environmentName,
  PUBLIC_ORIGIN: z.optional(text(isOrigin, "must be an origin, such as https://members.example")),
  ALLOWED_ORIGINS: z._default(
    list(text(isOrigin, "must be comma-separated origins, such as https://shop.example")),
    [],
  ),
  WITHDRAWAL_CONFIRM: z._default(
    z.enum(confirms, { error: `must be one of ${confirms.join(", ")}` }),
    "fresh" satisfies Confirm,
  ),
  FRESH_MINUTES: z._default(duration(minute), 10 * minute),
  WITHDRAWAL_GRACE_DAYS: z._default(duration(day), 0),
  REJOIN_BLOCK_DAYS: z._default(duration(day), 0),
  BACKUP_DAYS: z.optional(number()),
  SESSION_IDLE_MINUTES: z._default(duration(minute, { min: 0.001 }), 30 * minute),
  SESSION_MAX_DAYS: z._default(duration(day, { min: 0.00001 }), 14 * day),
  PASSWORD_MIN_LENGTH: z._default(number({ min: 8, max: 64, whole: true }), 8), // NIST SP 800-63B-4
  PASSWORD_COST: passwordCost,
  THROTTLE_SCALE: z._default(number({ min: 0.001, max: 1e9 }), 1),
  TRUSTED_PROXY_HEADER: z.optional(
    text(
      (name) => /^[A-Za-z0-9-]+$/.test(name),
      "must be the name of a header, such as X-Forwarded-For",
    ),
  ),
  RECIPIENTS: recipientList,
  PROVIDERS: providerList,
  THEME: themeField,
  CONSENTS: consentList,
  BODY_TIMEOUT_MS: z._default(number({ min: 1, max: 120_000 }), 15_000),
  LEDGER_URL: z.optional(
    text(isLedgerUrl, "must be file:/path or https://ledger.example without credentials"),
  ),
  METRICS_TOKEN: z.optional(
    text(
      (token) => /^[\x21-\x7e]{32,}$/.test(token),
      "needs 32 characters or more, without spaces: openssl rand -hex 32",
    ),
  ),
});

/** The name of every variable. */
export const variableNames: readonly string[] = Object.keys(fields.shape);

/**
 * Parses environment variables, or the bindings of a Worker. An empty value counts as absent.
 * Throws `ConfigError`, which names every variable that is wrong.
 */
export function parseConfig(environment: Environment, runtime: "deno" | "workers"): Config {
  const env = read(fields, environment);
  const production = env.ANNYEONG_ENV === "production";
  if (production) refuseUnsafe(env);
  if (env.SESSION_SECRET.includes(env.IDENTIFIER_KEY)) {
    throw new ConfigError("IDENTIFIER_KEY must differ from SESSION_SECRET");
  }
  if (runtime === "workers" && env.TURSO_DATABASE_URL.startsWith("file:")) {
    throw new ConfigError("TURSO_DATABASE_URL must name a server: a Worker has no files");
  }
  if (runtime === "workers" && env.PASSWORD_COST > 16) {
    throw new ConfigError("PASSWORD_COST must be at most 16: an isolate has 128 MB");
  }
  if (runtime === "workers" && env.LEDGER_URL?.startsWith("file:")) {
    throw new ConfigError("LEDGER_URL must be https://: a Worker has no files");
  }
  const mail = mailConfig(env, production, runtime);
  return deepFreeze({
    production,
    database: databaseConfig(env),
    sessionSecrets: env.SESSION_SECRET,
    session: { idleMs: env.SESSION_IDLE_MINUTES, maxMs: env.SESSION_MAX_DAYS },
    identifierKey: env.IDENTIFIER_KEY,
    receiptKeys: env.RECEIPT_PRIVATE_KEY,
    publicOrigin: env.PUBLIC_ORIGIN ?? null,
    allowedOrigins: env.ALLOWED_ORIGINS,
    withdrawal: {
      confirm: env.WITHDRAWAL_CONFIRM,
      freshMs: env.FRESH_MINUTES,
      graceMs: env.WITHDRAWAL_GRACE_DAYS,
      rejoinBlockMs: env.REJOIN_BLOCK_DAYS,
      backupDays: env.BACKUP_DAYS ?? null,
    },
    password: { minLength: env.PASSWORD_MIN_LENGTH, cost: env.PASSWORD_COST },
    throttleScale: env.THROTTLE_SCALE,
    bodyTimeoutMs: env.BODY_TIMEOUT_MS,
    trustedProxyHeader: env.TRUSTED_PROXY_HEADER ??
      (runtime === "workers" ? "CF-Connecting-IP" : null),
    recipients: env.RECIPIENTS,
    providers: env.PROVIDERS,
    mail,
    emailVerification: verificationOf(env.EMAIL_VERIFICATION, mail),
    theme: env.THEME ?? null,
    consents: env.CONSENTS,
    ledgerUrl: env.LEDGER_URL ?? null,
    metricsToken: env.METRICS_TOKEN ?? null,
  });
}

/** Reads only the cost of a password hash, log2 N of scrypt, for `deno task import`. Throws `ConfigError`. */
export function parsePasswordCost(environment: Environment): number {
  const env = read(
    z.object({ PASSWORD_COST: passwordCost, ANNYEONG_ENV: environmentName }),
    environment,
  );
  if (env.ANNYEONG_ENV === "production") requireCost(env.PASSWORD_COST);
  return env.PASSWORD_COST;
}

function isLedgerUrl(url: string): boolean {
  return /^file:./.test(url) || (isHttp(url) && isPlainUrl(url, "query allowed"));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
