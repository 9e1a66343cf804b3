import type { Config } from "../config/mod.ts";
import type { Passwords } from "../crypto/passwords.ts";
import type { ReceiptKeys } from "../crypto/receipt_keys.ts";
import type { Database } from "../db/engine/database.ts";
import type { Migration } from "../db/engine/migrate.ts";
import type { Inventory } from "../db/map/inventory.ts";
import { type Messages, ownWords, type Words } from "../messages/mod.ts";

/** What a process or isolate makes once and every request uses. */
export interface Services {
  config: Config;
  db: Database;
  inventory: Inventory;
  migrations: readonly Migration[];
  words: Words;
  passwords: Passwords;
  receiptKeys: ReceiptKeys;
  /** The clock, ms since the epoch. */
  now(): number;
}

/** What the service is called in each language, for `passwordProblem`. */
export function serviceNames({ words }: Services): string[] {
  return [ownWords, words].flatMap(Object.values<Messages>).flatMap(({ service }) => [
    service.name,
    service.brand,
  ]);
}
