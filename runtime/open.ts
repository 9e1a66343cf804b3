/** Makes the services of a process or an isolate from its configuration. */
import { type Config, ConfigError, type Environment, type MailRoute } from "../config/mod.ts";
import { createClockGuard } from "../actions/clock.ts";
import type { Services } from "../actions/services.ts";
import ownMap from "../data_map.ts";
import { createSemaphore, NotBegun } from "./semaphore.ts";
import { AppError } from "../domain/error.ts";
import { createInventory } from "../db/map/inventory.ts";
import { type Database, openDatabase } from "../db/engine/database.ts";
import { reasonOf } from "../db/engine/reason.ts";
import type { Migration } from "../db/engine/migration.ts";
import { ownMigrations } from "../db/engine/own_migrations.ts";
import type { DataMap } from "../domain/data_map.ts";
import { createPasswords, type Turn } from "../crypto/passwords.ts";
import { openReceiptKeys, type ReceiptKeys } from "../crypto/receipt_keys.ts";
import { byPostmark, byResend } from "../mail/http.ts";
import type { Transport } from "../mail/transport.ts";
import { ownWords, type Words } from "../messages/mod.ts";
import { withTheme } from "../pages/stylesheet.ts";

/** What a service is made of besides its configuration: our own parts, or an app's as well (`mod.ts`). */
export interface Parts {
  dataMap: DataMap;
  /** All of them, in order. */
  migrations: readonly Migration[];
  words: Words;
  /** Values of variables that the environment need not have. */
  environment?(): Environment;
  /** See `Services`. */
  erasing?: Services["erasing"];
  /** The app's own way to send a mail, for `MAIL_URL=app:`. */
  transport?: Transport;
}

export const ownParts: Parts = { dataMap: ownMap, migrations: ownMigrations, words: ownWords };

/** What a Worker is given with each request. */
export interface WorkerContext {
  waitUntil(work: Promise<unknown>): void;
  passThroughOnException(): void;
  props: unknown;
}

/** What answers requests. `given`: connection info on Deno, bindings on Workers. */
export interface App {
  fetch(request: Request, given: object, context?: WorkerContext): Response | Promise<Response>;
}

/** What the runtime allows. */
export interface Limits {
  /** Memory that the password hashes under way may use together, MiB. */
  hashMemoryMiB: number;
  /** Password hashes that may be under way at once; others wait. Absent where no request may wait. */
  hashesAtOnce?: number;
  /** Runs what creates files. */
  creating?<T>(work: () => Promise<T>): Promise<T>;
  /** Opens a way to send mails that this runtime alone has. Throws `ConfigError`. */
  transportOf(route: MailRoute): Transport;
  /** Whether calls to the database may wait for each other: not on workerd. */
  shared: boolean;
}

/** Opens the database and the keys. Throws `ConfigError`. */
export async function open(
  config: Config,
  parts: Parts,
  limits: Limits,
): Promise<Services> {
  const { dataMap, migrations, words, erasing } = parts;
  const transport = openTransport(config, parts, limits);
  const db = await openConfigured(config.database, limits);
  const receiptKeys = await openKeys(config);
  return {
    config,
    db,
    inventory: createInventory(db, dataMap),
    migrations,
    words: withTheme(words, config.theme),
    passwords: createPasswords(
      config.password.cost,
      limits.hashMemoryMiB,
      limits.hashesAtOnce ? turnsOf(limits.hashesAtOnce) : undefined,
    ),
    receiptKeys,
    ...(erasing && { erasing }),
    transport,
    linkOrigin: config.publicOrigin ?? developmentOrigin,
    now: Date.now,
    clock: createClockGuard(db),
  };
}

/** Where `deno task dev` serves. A server that knows its address better says so. */
const developmentOrigin = "http://127.0.0.1:8000";

/** Opens the way to send mails, or returns `null` if mail is off. Throws `ConfigError`. */
function openTransport({ mail }: Config, { transport }: Parts, limits: Limits): Transport | null {
  if (!mail) return null;
  const { route } = mail;
  switch (route.kind) {
    case "resend":
      return byResend(route);
    case "postmark":
      return byPostmark(route);
    case "app":
      if (transport) return transport;
      throw new ConfigError("MAIL_URL is app:, but the app brings no transport (mod.ts)");
    default:
      return limits.transportOf(route);
  }
}

/** How long a password waits to be hashed before the answer is 503, ms. */
const hashWaitMs = 10_000;

function turnsOf(atOnce: number): Turn {
  const inTurn = createSemaphore(atOnce);
  return (work) =>
    inTurn(hashWaitMs, work).catch((error) => {
      if (!(error instanceof NotBegun)) throw error;
      throw new AppError("unavailable", { retryAfterMs: 1000, cause: error });
    });
}

/** Opens the receipt keys. Throws `ConfigError`. */
export async function openKeys({ receiptKeys }: Config): Promise<ReceiptKeys> {
  return await openReceiptKeys(receiptKeys).catch(() => {
    throw new ConfigError(
      "RECEIPT_PRIVATE_KEY has halves that do not belong together: deno task keys prints a key",
    );
  });
}

/** Opens the database. The driver's own message may quote the URL, so it stays out of the log. */
export async function openConfigured(
  database: Config["database"],
  { shared, creating = (work) => work() }: Limits,
): Promise<Database> {
  try {
    return await creating(() => openDatabase({ ...database, shared }));
  } catch (error) {
    throw new ConfigError(
      "TURSO_DATABASE_URL cannot be opened: is its folder there, writable, and with room on its disk? " +
        `(${reasonOf(error)})`,
    );
  }
}
