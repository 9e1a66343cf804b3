/** The service and its commands on Deno. */
import { getLogger } from "@logtape/logtape";
import {
  type Config,
  ConfigError,
  defaultDatabase,
  type Environment,
  freshSecrets,
  parseConfig,
  parseDatabaseConfig,
  parsePasswordCost,
} from "../config/mod.ts";
import type { Services } from "../actions/services.ts";
import type { ReceiptKeys } from "../crypto/receipt_keys.ts";
import { secureFullText } from "../db/map/full_text.ts";
import { createInventory } from "../db/map/inventory.ts";
import type { Database } from "../db/engine/database.ts";
import { missingColumns } from "../db/engine/expected.ts";
import { BrokenMigration, ForeignTable, migrate, readState } from "../db/engine/migrate.ts";
import { isRefusedToken, reasonOf } from "../db/engine/reason.ts";
import { probe } from "../db/operate/probe.ts";
import type { Disagreement } from "../db/map/schema.ts";
import { AppError, causesOf } from "../domain/error.ts";
import { logToConsole } from "./log.ts";
import { openLedgerFile } from "./ledger_file.ts";
import {
  type App,
  type Limits,
  open,
  openConfigured,
  openKeys,
  ownParts,
  type Parts,
} from "./open.ts";
import { withPrivateFiles } from "./private_files.ts";
import { maskSpans, traceRoute } from "./span.ts";
import { startJobs } from "./timer.ts";
import { mailJob } from "../jobs/mod.ts";
import { intoFolder } from "../mail/file.ts";
import { bySmtp } from "../mail/smtp.ts";

const log = getLogger(["annyeong"]);

const limits: Limits = {
  hashMemoryMiB: 1024,
  /** Hashing more passwords at once than there are cores would keep every other request waiting. */
  get hashesAtOnce() {
    return navigator.hardwareConcurrency;
  },
  creating: withPrivateFiles,
  transportOf(route) {
    if (route.kind === "smtp") return bySmtp(route);
    if (route.kind === "file") return intoFolder(route.folder);
    throw new ConfigError("MAIL_URL must not be binding: only a Worker has bindings");
  },
  shared: true,
};
/** An import works on whole tables in one batch, ms. */
const importTimeoutMs = 10 * 60_000;

const newerSchema =
  "the schema is newer than this version: it has migrations that this version does not know, and " +
  "withdrawals stop while a table of theirs is not on the data map. Run the newer version";

/** Errors whose messages hold names and no values, so that they may be logged. */
const sayable = [ConfigError, ForeignTable, BrokenMigration];

/** Logs what is wrong with the configuration or the schema, with `about`, and exits with 1. */
async function orExit<T>(work: () => Promise<T>, about: object = {}): Promise<T> {
  logToConsole();
  try {
    return await work();
  } catch (error) {
    if (sayable.some((known) => error instanceof known)) {
      log.fatal("{problem}", { problem: (error as Error).message, ...about });
    } else {
      const reason = error instanceof AppError ? `: ${reasonOf(error)}` : "";
      log.fatal(`cannot start${reason}`, { causes: causesOf(error), ...about });
    }
    Deno.exit(1);
  }
}

/**
 * Opens the services for a command: as for the service, but never on a new default database.
 * @param instead variables that count in place of the environment's: a restore drill has its own
 */
export function openOnDeno(parts = ownParts, instead: Environment = {}): Promise<Services> {
  return orExit(async () => {
    await refuseStrayDatabase({ ...Deno.env.toObject(), ...instead });
    return await openServices(parts, instead);
  });
}

/** Opens the services. An embedded database, and any in development, is migrated first. */
async function openServices(parts: Parts, instead: Environment = {}): Promise<Services> {
  const config = await configOnDeno(instead, parts.environment?.());
  await makeDataFolder(config.database);
  const services = { ...await open(config, parts, limits), ...ledgerFileOf(config) };
  if (config.database.url.startsWith("file:") || !config.production) {
    const ran = await migrate(services.db, services.now(), services.migrations);
    if (ran.length > 0) log.info("migrated", { ran });
    await secureFullText(services.db, parts.dataMap);
  }
  return services;
}

/** Opens the receipt keys without the database: a file is checked with them before anything is opened. */
export function receiptKeysOnDeno(parts = ownParts): Promise<ReceiptKeys> {
  return orExit(async () => await openKeys(await configOnDeno({}, parts.environment?.())));
}

/** @param defaults values of variables that the environment need not have */
async function configOnDeno(
  instead: Environment = {},
  defaults: Environment = {},
): Promise<Config> {
  const environment = Object.fromEntries( // an empty value counts as absent
    Object.entries(Deno.env.toObject()).filter(([, value]) => value !== ""),
  );
  const secrets = environment.ANNYEONG_ENV === "development" ? await developmentSecrets() : {};
  return parseConfig({ ...defaults, ...secrets, ...environment, ...instead }, "deno");
}

function ledgerFileOf({ ledgerUrl }: Config): Pick<Services, "ledgerFile"> {
  return ledgerUrl?.startsWith("file:") ? { ledgerFile: openLedgerFile(ledgerUrl) } : {};
}

/** What `deno task migrate` found and did. */
export interface Migrated extends Disagreement {
  /** Which database, without its token. */
  database: string;
  /** Names of the migrations that ran now. */
  ran: string[];
  /** Whether it had no migration before. */
  wasEmpty: boolean;
  /** Names of migrations that this version does not know. */
  unknown: readonly string[];
  /** Sentences for columns that are not there. */
  missing: string[];
}

/**
 * Migrates the database and compares its schema with the migrations and the data map. Reads only the
 * database's variables, so that a deployment need not have the service's secrets.
 */
export function migrateOnDeno(parts = ownParts): Promise<Migrated> {
  const about: { database?: string } = {};
  return orExit(async () => {
    const environment = Deno.env.toObject();
    const config = parseDatabaseConfig(environment);
    await refuseStrayDatabase(environment);
    await makeDataFolder(config);
    const db = await openConfigured(config, limits);
    const database = about.database = nameOf(config); // a path that cannot be opened stays out of the log
    const ran = await migrate(db, Date.now(), parts.migrations);
    const { unknown } = await readState(db, parts.migrations);
    const missing = await missingColumns(db, parts.migrations);
    await secureFullText(db, parts.dataMap);
    const found = await createInventory(db, parts.dataMap).inspect();
    db.close();
    const wasEmpty = ran.length === parts.migrations.length;
    return { database, ran, wasEmpty, unknown, missing, ...found };
  }, about);
}

/** The database's URL, which holds no token; of a file the whole path. */
function nameOf({ url }: { url: string }): string {
  if (!url.startsWith("file:")) return url;
  return `file:${decodeURI(new URL(url.slice("file:".length), `file://${Deno.cwd()}/`).pathname)}`;
}

/**
 * A command does not make the default database in production: the service has its variables from a unit
 * or a container, a shell beside it has not, and would work on a database that nobody uses.
 * Throws `ConfigError`.
 */
async function refuseStrayDatabase(environment: Environment): Promise<void> {
  if (environment.TURSO_DATABASE_URL || environment.ANNYEONG_ENV === "development") return;
  const file = nameOf({ url: defaultDatabase }).slice("file:".length);
  const isThere = await Deno.stat(file).then(() => true, () => false);
  if (isThere) return;
  throw new ConfigError(
    `TURSO_DATABASE_URL is missing, and ${file} does not exist: nothing has been created. Set it to the ` +
      'database that the service uses; "deno task start" makes the default one by itself',
  );
}

/** The file of the embedded database, for `deno task backup`. Ends the process where there is none. */
export function existingDatabaseFile(): Promise<string> {
  return orExit(async () => {
    const config = parseDatabaseConfig(Deno.env.toObject());
    if (!config.url.startsWith("file:")) {
      throw new ConfigError(
        "TURSO_DATABASE_URL names a server: it has its own backups (docs/operating.md)",
      );
    }
    const path = config.url.slice("file:".length).replace(/^\/\/(?=\/)/, "");
    if (!await Deno.stat(path).then(({ isFile }) => isFile, () => false)) {
      throw new ConfigError("TURSO_DATABASE_URL names a file that is not there");
    }
    return path;
  });
}

/** What `deno task import` needs: the database, with time for a large table, and what a hash costs. */
export function openForImport(): Promise<{ db: Database; cost: number }> {
  return orExit(async () => {
    const environment = Deno.env.toObject();
    const config = parseDatabaseConfig(environment);
    const cost = parsePasswordCost(environment);
    await refuseStrayDatabase(environment);
    return { db: await openConfigured({ ...config, timeoutMs: importTimeoutMs }, limits), cost };
  });
}

async function makeDataFolder({ url }: { url: string }): Promise<void> {
  if (url === defaultDatabase) await Deno.mkdir("data", { recursive: true, mode: 0o700 });
}

/** Made once, so that sessions and receipts survive a restart. Production refuses them. */
async function developmentSecrets(): Promise<Environment> {
  const path = "data/development-secrets.json";
  await Deno.mkdir("data", { recursive: true, mode: 0o700 });
  try {
    const secrets = JSON.stringify(await freshSecrets("generated"), null, 2);
    await Deno.writeTextFile(path, secrets, { createNew: true, mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  return JSON.parse(await Deno.readTextFile(path));
}

/** The default export of an entry of `deno serve`. */
export async function serveOnDeno(appOf: (services: Services) => App, parts: Parts) {
  maskSpans();
  const services = await orExit(async () => {
    const opened = await openServices(parts);
    await lookAtDatabase(opened);
    return opened;
  });
  if (services.transport) services.sendMails = sendingOnce(services);
  const app = appOf(services);
  return {
    fetch(request: Request, info: object) {
      const traced = (route: string) => traceRoute(request.method, route);
      return app.fetch(request, { ...info, traced });
    },
    onListen({ hostname, port }: { hostname: string; port: number }): void {
      log.info(`listening on http://${hostname}:${port}/`);
      if (services.config.publicOrigin === null) {
        const host = hostname === "0.0.0.0" ? "127.0.0.1" : hostname;
        services.linkOrigin = `http://${host}:${port}`;
      }
      startJobs(services);
    },
  };
}

/** Sends mails one run at a time: requests during a run share the next one. */
function sendingOnce(services: Services): () => Promise<void> {
  const job = mailJob(services);
  let next: Promise<void> | null = null;
  let running = Promise.resolve();
  return () =>
    next ??= running = running.then(async () => {
      next = null;
      await job.run();
    });
}

/**
 * Logs a schema that is not this version's and a database that takes no writes, and starts all the same:
 * a database is migrated before the last process of the old version ends, and one that is away comes
 * back. Throws only when the token is refused, because no waiting helps.
 */
async function lookAtDatabase({ db, migrations }: Services): Promise<void> {
  try {
    const { pending, unknown } = await readState(db, migrations);
    if (unknown.length > 0) log.warn(newerSchema, { unknown });
    if (pending.length > 0) {
      const names = pending.map(({ name }) => name);
      log.error("the schema is older than this version: run deno task migrate", { pending: names });
    } else {
      await db.write([...probe]);
    }
  } catch (error) {
    if (isRefusedToken(error)) throw error;
    const reason = reasonOf(error);
    log.error("started, but the database does not answer or takes no writes", { reason });
  }
}
