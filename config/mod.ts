import type { JWK } from "jose";
import * as z from "zod/mini";
import { type Confirm, confirms } from "../domain/confirmation.ts";
import { newSecret } from "../crypto/tokens.ts";
import type { RecipientName } from "../domain/receipt.ts";
import type { WithdrawalPolicy } from "../domain/withdrawal.ts";

/** What the service was told by its environment: read once, checked, frozen. All times in ms. */
export interface Config {
  production: boolean;
  database: { url: string; authToken: string | undefined; timeoutMs: number };
  /** The first seals, all open. */
  sessionSecrets: readonly string[];
  session: { idleMs: number; maxMs: number };
  identifierKey: string;
  /** The first signs, the public halves of all are published. */
  receiptKeys: readonly JWK[];
  /** `null`: the request's own origin, in development alone. */
  publicOrigin: string | null;
  /** Front ends of ours on sibling origins, whose requests count as our own. */
  allowedOrigins: readonly string[];
  withdrawal: WithdrawalPolicy;
  password: { minLength: number; cost: number };
  throttleScale: number;
  trustedProxyHeader: string | null;
  recipients: readonly Recipient[];
  /** What `/metrics` asks for; `null` turns it off. */
  metricsToken: string | null;
}

export interface Recipient extends RecipientName {
  url: string;
  secrets: readonly string[];
}

export type Environment = Readonly<Record<string, unknown>>;

/** A variable that cannot be used. The message names it, and never repeats its content. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** In the data folder, which is made when it is missing. */
export const defaultDatabase = "file:data/annyeong.db";

/** What generated secrets begin with, so that production can tell and refuse them. */
const generatedMark = "generated-";
const minute = 60_000;
const day = 24 * 60 * minute;

/** A number within bounds; what is wrong with another is said without repeating it. */
const number = ({ min = 0, max = 36_500, whole = false } = {}) =>
  z.pipe(
    z.pipe(
      z.string().check(z.regex(/^\d+(\.\d+)?$/, { error: "is not a decimal number from 0 on" })),
      z.transform(Number),
    ),
    z.number().check(
      z.refine((n) => n >= min, { error: `must be at least ${min}` }),
      z.refine((n) => n <= max, { error: `must be at most ${max}` }),
      z.refine((n) => !whole || Number.isInteger(n), { error: "must be whole" }),
    ),
  );

/** A time in `unit`s of ms. */
const duration = (unit: number, { min = 0 } = {}) =>
  z.pipe(number({ min }), z.transform((length) => length * unit));

const secret = z.string({ error: "is missing" }).check(
  z.refine((text) => text.length >= 32, {
    error: "needs 32 random bytes or more: deno task keys prints some",
  }),
);

/** Entries by comma. */
const listOf = <T extends z.ZodMiniType<unknown, string>>(entry: T, options?: { error: string }) =>
  z.pipe(
    z.string(options),
    z.pipe(z.transform((text: string) => text.split(",").map((one) => one.trim())), z.array(entry)),
  );

/** A retired key may be its public half: it signs nothing any more. */
const receiptKey = z.looseObject({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.string(),
  d: z.optional(z.string()),
  kid: z.string(),
}, { error: "is not an Ed25519 private JWK with a kid: deno task keys prints one" });

/** Standard Webhooks 1.0.0: 24 to 64 bytes, base64, two by comma while rotating. */
const webhookSecrets = listOf(
  z.string().check(
    z.refine(isWebhookSecret, { error: 'needs "secret": "whsec_…", 24 to 64 bytes in base64' }),
  ),
);

const recipient = z.strictObject({
  name: z.string().check(z.minLength(1)),
  kind: z._default(z.enum(["processor", "third_party"]), "processor"),
  url: z.string().check(
    z.refine((url) => isHttp(url) && isBareUrl(url, "with a query"), {
      error: 'needs "url": "https://…" without credentials',
    }),
  ),
  secret: webhookSecrets,
}, { error: 'needs entries of {"name", "kind", "url", "secret": "whsec_…"}' });

const json = z.pipe(
  z.string({ error: "is missing" }),
  z.transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.issues.push({ code: "custom", message: "is not JSON", input: "" });
      return z.NEVER;
    }
  }),
);

const schema = z.object({
  TURSO_DATABASE_URL: z._default(
    z.string().check(
      z.refine((url) => /^(file:.|https?:\/\/.|libsql:\/\/.)/.test(url), {
        error: "must begin with file:, http://, https:// or libsql://",
      }),
      z.refine((url) => url.startsWith("file:") || isBareUrl(url), {
        error: "must be a plain URL: the token goes into TURSO_AUTH_TOKEN",
      }),
    ),
    defaultDatabase,
  ),
  TURSO_AUTH_TOKEN: z.optional(z.string()),
  ANNYEONG_ENV: z._default(
    z.enum(["production", "development"], { error: "must be production or development" }),
    "production",
  ),
  SESSION_SECRET: listOf(secret, { error: "is missing" }),
  IDENTIFIER_KEY: secret,
  RECEIPT_PRIVATE_KEY: z.pipe(
    json,
    z.pipe(
      z.transform((keys: unknown) => Array.isArray(keys) ? keys : [keys]),
      z.array(receiptKey).check(
        z.minLength(1, { error: "holds no key" }),
        z.refine((keys) => keys[0]?.d !== undefined, {
          error: "begins with a key that cannot sign",
        }),
      ),
    ),
  ),
  PUBLIC_ORIGIN: z.optional(
    z.string().check(
      z.refine(isOrigin, { error: "must be an origin, such as https://members.example" }),
    ),
  ),
  ALLOWED_ORIGINS: z._default(
    listOf(
      z.string().check(
        z.refine(isOrigin, { error: "must be origins by comma: https://shop.example" }),
      ),
    ),
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
  PASSWORD_COST: z._default(number({ min: 1, max: 17, whole: true }), 14),
  THROTTLE_SCALE: z._default(number({ min: 0.001, max: 1e9 }), 1),
  TRUSTED_PROXY_HEADER: z.optional(
    z.string().check(
      z.regex(/^[A-Za-z0-9-]+$/, { error: "must be the name of a header" }),
    ),
  ),
  RECIPIENTS: z._default(z.pipe(json, z.array(recipient, { error: "is not a JSON list" })), []),
  DATABASE_TIMEOUT_MS: z._default(number({ min: 1, max: 120_000 }), 5000),
  METRICS_TOKEN: z.optional(
    z.string().check(
      z.regex(/^[\x21-\x7e]{32,}$/, {
        error: "needs 32 characters or more, without spaces: openssl rand -hex 32",
      }),
    ),
  ),
});

/**
 * Parses environment variables, or the bindings of a Worker. An empty value counts as absent.
 * Throws `ConfigError`, which names every variable that is wrong.
 */
export function parseConfig(environment: Environment, runtime: "deno" | "workers"): Config {
  const env = read(schema, environment);
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
  const names = env.RECIPIENTS.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new ConfigError("RECIPIENTS repeats a name");
  return deepFreeze({
    production,
    database: {
      url: env.TURSO_DATABASE_URL,
      authToken: env.TURSO_AUTH_TOKEN,
      timeoutMs: env.DATABASE_TIMEOUT_MS,
    },
    sessionSecrets: env.SESSION_SECRET,
    session: { idleMs: env.SESSION_IDLE_MINUTES, maxMs: env.SESSION_MAX_DAYS },
    identifierKey: env.IDENTIFIER_KEY,
    receiptKeys: env.RECEIPT_PRIVATE_KEY as JWK[],
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
    trustedProxyHeader: env.TRUSTED_PROXY_HEADER ??
      (runtime === "workers" ? "CF-Connecting-IP" : null),
    recipients: env.RECIPIENTS.map(({ secret: secrets, ...rest }) => ({ ...rest, secrets })),
    metricsToken: env.METRICS_TOKEN ?? null,
  });
}

/**
 * Only what reaches the database: all that `deno task migrate` needs, so that a deployment need not carry
 * the service's secrets. Throws `ConfigError`.
 */
export function parseDatabaseConfig(environment: Environment): Config["database"] {
  const { TURSO_DATABASE_URL, TURSO_AUTH_TOKEN, DATABASE_TIMEOUT_MS } = schema.shape;
  const { ANNYEONG_ENV } = schema.shape;
  const shape = { TURSO_DATABASE_URL, TURSO_AUTH_TOKEN, DATABASE_TIMEOUT_MS, ANNYEONG_ENV };
  const env = read(z.object(shape), environment);
  if (env.ANNYEONG_ENV === "production") {
    requireTls("TURSO_DATABASE_URL", env.TURSO_DATABASE_URL);
  }
  return {
    url: env.TURSO_DATABASE_URL,
    authToken: env.TURSO_AUTH_TOKEN,
    timeoutMs: env.DATABASE_TIMEOUT_MS,
  };
}

/** What a hash costs, for `deno task import`. Throws `ConfigError`. */
export function parsePasswordCost(environment: Environment): number {
  const { PASSWORD_COST, ANNYEONG_ENV } = schema.shape;
  const env = read(z.object({ PASSWORD_COST, ANNYEONG_ENV }), environment);
  if (env.ANNYEONG_ENV === "production") requireCost(env.PASSWORD_COST);
  return env.PASSWORD_COST;
}

/** An empty value counts as absent, and what no field asks for is not looked at. */
function read<S extends z.ZodMiniObject>(fields: S, environment: Environment): z.output<S> {
  const names = Object.keys(fields.shape).filter((name) =>
    environment[name] !== undefined && environment[name] !== ""
  );
  const parsed = fields.safeParse(
    Object.fromEntries(names.map((name) => [name, environment[name]])),
  );
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${String(path[0])} ${message}`);
  throw new ConfigError([...new Set(problems)].join("; "));
}

/**
 * Fresh values for every secret. Those `generated` for development carry a mark that production
 * refuses; those printed for production don't.
 */
export async function freshSecrets(use: "generated" | "production") {
  const mark = use === "generated" ? generatedMark : "";
  const pair = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const { kty, crv, x, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  const kid = mark + newSecret().slice(0, 12);
  return {
    SESSION_SECRET: mark + newSecret(),
    IDENTIFIER_KEY: mark + newSecret(),
    RECEIPT_PRIVATE_KEY: JSON.stringify({ kty, crv, x, d, kid }),
  };
}

function refuseUnsafe(env: z.output<typeof schema>): void {
  const refuse = (name: string, problem: string) => {
    throw new ConfigError(`${name} ${problem}`);
  };
  for (const name of ["SESSION_SECRET", "IDENTIFIER_KEY"] as const) {
    if ([env[name]].flat().some(isGuessable)) {
      refuse(name, "is generated or sample: not in production");
    }
  }
  if (env.RECEIPT_PRIVATE_KEY.some(({ kid }) => kid.startsWith(generatedMark))) {
    refuse("RECEIPT_PRIVATE_KEY", "was generated for development: not in production");
  }
  requireCost(env.PASSWORD_COST);
  if (!env.PUBLIC_ORIGIN) refuse("PUBLIC_ORIGIN", "is missing");
  if (env.RECIPIENTS.some(({ secret }) => secret.some(isGuessable))) {
    refuse("RECIPIENTS", "holds a generated or sample secret: not in production");
  }
  if (env.METRICS_TOKEN && isGuessable(env.METRICS_TOKEN)) {
    refuse("METRICS_TOKEN", "is generated or sample: not in production");
  }
  requireTls("PUBLIC_ORIGIN", env.PUBLIC_ORIGIN!);
  for (const origin of env.ALLOWED_ORIGINS) requireTls("ALLOWED_ORIGINS", origin);
  requireTls("TURSO_DATABASE_URL", env.TURSO_DATABASE_URL);
  for (const { url } of env.RECIPIENTS) {
    const { protocol, hostname } = new URL(url);
    if (protocol !== "https:" || isPrivate(hostname)) {
      refuse("RECIPIENTS", "may name https:// URLs on public hosts alone");
    }
  }
}

function requireCost(cost: number): void {
  if (cost < 14) throw new ConfigError("PASSWORD_COST must be at least 14 in production (OWASP)");
}

function requireTls(name: string, text: string): void {
  const { protocol, hostname } = new URL(text);
  if (protocol === "http:" && !isLoopback(hostname)) {
    throw new ConfigError(`${name} may be http:// on loopback alone: use https://`);
  }
}

/** Made for development, written by hand, or copied from an example. */
function isGuessable(secret: string): boolean {
  return secret.startsWith(generatedMark) || new Set(secret).size < 10 ||
    /change.?me|example|sample/i.test(secret);
}

/** Hosts of our own network, by name or by address: events must not become requests to our neighbours. */
function isPrivate(fullName: string): boolean {
  const hostname = fullName.replace(/\.$/, "");
  return isLoopback(hostname) || !hostname.includes(".") ||
    /\.(local|localhost|internal|home\.arpa)$/.test(hostname) ||
    /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./
      .test(hostname);
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function isWebhookSecret(text: string): boolean {
  const [, encoded = ""] =
    /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/
      .exec(text) ?? [];
  const bytes = encoded.replace(/=/g, "").length * 3 / 4;
  return bytes >= 24 && bytes < 65;
}

/** Neither credentials nor options, which would end up in logs and error messages. */
function isBareUrl(text: string, query?: "with a query"): boolean {
  if (!URL.canParse(text)) return false;
  const { search, hash, username, password } = new URL(text);
  return !((search && !query) || hash || username || password);
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function isOrigin(text: string): boolean {
  return isHttp(text) && new URL(text).origin === text;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
