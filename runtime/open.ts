/** Makes the services of a process or an isolate from its configuration. */
import { type Config, ConfigError, type Environment } from "../config/mod.ts";
import { createClockGuard } from "../actions/clock.ts";
import type { Services } from "../actions/services.ts";
import ownMap from "../data_map.ts";
import { createSemaphore, NotBegun } from "./semaphore.ts";
import { AppError } from "../domain/error.ts";
import { createInventory } from "../db/map/inventory.ts";
import { type Database, openDatabase } from "../db/engine/database.ts";
import { reasonOf } from "../db/engine/reason.ts";
import { type Migration, ownMigrations } from "../db/engine/migrate.ts";
import type { DataMap } from "../domain/data_map.ts";
import { createPasswords, type Turn } from "../crypto/passwords.ts";
import { openReceiptKeys, type ReceiptKeys } from "../crypto/receipt_keys.ts";
import { ownWords, type Words } from "../messages/mod.ts";
import { withTheme } from "../pages/stylesheet.ts";

/** What a service is made of besides its configuration: our own parts, or an app's as well (`mod.ts`). */
export interface Parts {
  dataMap: DataMap;
  /** All of them, in order. */
  migrations: readonly Migration[];
  words: Words;
  /** Variables that the parts need no value of from the environment. */
  environment?: Environment;
  /** See `Services`. */
  erasing?: Services["erasing"];
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
  /** Whether calls to the database may wait for each other: not on workerd. */
  shared: boolean;
}

/** Opens the database and the keys. Throws `ConfigError`. */
export async function open(
  config: Config,
  { dataMap, migrations, words, erasing }: Parts,
  limits: Limits,
): Promise<Services> {
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
    now: Date.now,
    clock: createClockGuard(db),
  };
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
