/** Makes the services of a process or an isolate from its configuration. */
import { type Config, ConfigError } from "../config/mod.ts";
import { createClockGuard } from "../actions/clock.ts";
import type { Services } from "../actions/services.ts";
import ownMap from "../data_map.ts";
import { createInventory } from "../db/map/inventory.ts";
import { type Database, openDatabase } from "../db/engine/database.ts";
import { reasonOf } from "../db/engine/reason.ts";
import { type Migration, ownMigrations } from "../db/engine/migrate.ts";
import type { DataMap } from "../domain/data_map.ts";
import { createPasswords } from "../crypto/passwords.ts";
import { openReceiptKeys, type ReceiptKeys } from "../crypto/receipt_keys.ts";
import { ownWords, type Words } from "../messages/mod.ts";

/** What a service is made of besides its configuration: our own parts, or an app's as well (`mod.ts`). */
export interface Parts {
  dataMap: DataMap;
  /** All of them, in order. */
  migrations: readonly Migration[];
  words: Words;
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
  /** Transactions that may be open at a database server at once; the default of `openDatabase` if absent. */
  batchesAtOnce?: number;
}

/** Opens the database and the keys. Throws `ConfigError`. */
export async function open(
  config: Config,
  { dataMap, migrations, words }: Parts,
  limits: Limits,
): Promise<Services> {
  const db = await openConfigured(config.database, limits.batchesAtOnce);
  const receiptKeys = await openKeys(config);
  return {
    config,
    db,
    inventory: createInventory(db, dataMap),
    migrations,
    words,
    passwords: createPasswords(config.password.cost, limits.hashMemoryMiB),
    receiptKeys,
    now: Date.now,
    clock: createClockGuard(db),
  };
}

/** Opens the receipt keys. Throws `ConfigError`. */
export async function openKeys({ receiptKeys }: Config): Promise<ReceiptKeys> {
  return await openReceiptKeys(receiptKeys).catch(() => {
    throw new ConfigError("RECEIPT_PRIVATE_KEY does not sign what its public half verifies");
  });
}

/** Opens the database. The driver's own message may quote the URL, so it stays out of the log. */
export async function openConfigured(
  database: Config["database"],
  batchesAtOnce?: number,
): Promise<Database> {
  try {
    return await openDatabase({ ...database, ...(batchesAtOnce && { batchesAtOnce }) });
  } catch (error) {
    throw new ConfigError(
      "TURSO_DATABASE_URL cannot be opened: is its folder there, writable, and with room on its disk? " +
        `(${reasonOf(error)})`,
    );
  }
}
