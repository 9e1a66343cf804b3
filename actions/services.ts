import type { ClockGuard } from "./clock.ts";
import type { Config } from "../config/mod.ts";
import type { Passwords } from "../crypto/passwords.ts";
import type { ReceiptKeys } from "../crypto/receipt_keys.ts";
import type { Database } from "../db/engine/database.ts";
import type { Migration } from "../db/engine/migration.ts";
import type { LedgerHead } from "../db/leaving/ledger.ts";
import type { Inventory } from "../db/map/inventory.ts";
import type { Transport } from "../mail/transport.ts";
import type { Tokens } from "../domain/provider.ts";
import { type Messages, ownWords, type Words } from "../messages/mod.ts";

/** The copy of the ledger on a disk of its own. */
export interface LedgerFile {
  /** Its name in the database, of path and host. */
  place: string;
  /** Brings the file up to date and on the disk. Returns its last line; throws what went wrong. */
  append(services: Services): Promise<LedgerHead>;
}

/** What an app adds to the erasure of one of its members. */
export interface Erasing {
  /** Grants at providers to end: by the name in `PROVIDERS`, with the tokens that the app has stored. */
  grants?: readonly { provider: string; tokens: Tokens }[];
  /** Called when the member is erased. */
  erased?(): Promise<void>;
}

/** What a process or isolate makes once and every request uses. */
export interface Services {
  config: Config;
  db: Database;
  inventory: Inventory;
  migrations: readonly Migration[];
  words: Words;
  passwords: Passwords;
  receiptKeys: ReceiptKeys;
  /** Sends a mail; `null` if mail is off. */
  transport: Transport | null;
  /** Where the links of mails lead: `PUBLIC_ORIGIN`, in development the address that is served. */
  linkOrigin: string;
  /** Sends the mails that are due, after a request that wrote one. Never rejects. Absent: the clock does it. */
  sendMails?: () => Promise<void>;
  /** Told by `mailStatements` that this request writes a mail. */
  writesMail?: () => void;
  /** Where `LEDGER_URL` names a file. */
  ledgerFile?: LedgerFile;
  /** Of the app whose members leave: called before an erasure, with the member's row still there. */
  erasing?(memberId: string): Promise<Erasing>;
  /** The clock, ms since the epoch. */
  now(): number;
  /** Says whether that clock may be trusted to destroy. */
  clock: ClockGuard;
}

/** What the service is called in each language, for `passwordProblem`. */
export function serviceNames({ words }: Services): string[] {
  return [ownWords, words].flatMap(Object.values<Messages>).flatMap(({ service }) => [
    service.name,
    service.brand,
  ]);
}
