/** The service and its commands on Deno. */
import { getLogger } from "@logtape/logtape";
import {
  ConfigError,
  defaultDatabase,
  type Environment,
  freshSecrets,
  parseConfig,
  parseDatabaseConfig,
  parsePasswordCost,
} from "../config/mod.ts";
import type { Services } from "../actions/services.ts";
import { createInventory } from "../db/map/inventory.ts";
import type { Database } from "../db/engine/database.ts";
import { BrokenMigration, ForeignTable, migrate } from "../db/engine/migrate.ts";
import type { Disagreement } from "../db/map/schema.ts";
import { causesOf } from "../domain/error.ts";
import { logToConsole } from "./log.ts";
import { type App, type Limits, open, openConfigured, ownParts, type Parts } from "./open.ts";
import { startJobs } from "./timer.ts";

const log = getLogger(["annyeong"]);

const limits: Limits = { hashMemoryMiB: 1024 };
/** An import works on whole tables in one batch, ms. */
const importTimeoutMs = 10 * 60_000;

/** Errors whose messages hold names and no values, so that they may be logged. */
const sayable = [ConfigError, ForeignTable, BrokenMigration];

/** Logs what is wrong with the configuration or the schema, and exits with 1. */
async function orExit<T>(work: () => Promise<T>): Promise<T> {
  logToConsole();
  try {
    return await work();
  } catch (error) {
    if (sayable.some((known) => error instanceof known)) {
      log.fatal("{problem}", { problem: (error as Error).message });
    } else {
      const problem = "cannot start: the database does not answer, or takes no writes";
      log.fatal(problem, { causes: causesOf(error) });
    }
    Deno.exit(1);
  }
}

/** Opens the services. An embedded database, and any in development, is migrated first. */
export function openOnDeno(parts = ownParts): Promise<Services> {
  return orExit(async () => {
    const environment = Object.fromEntries( // an empty value counts as absent
      Object.entries(Deno.env.toObject()).filter(([, value]) => value !== ""),
    );
    const secrets = environment.ANNYEONG_ENV === "development" ? await developmentSecrets() : {};
    const config = parseConfig({ ...secrets, ...environment }, "deno");
    await makeDataFolder(config.database);
    const services = await open(config, parts, limits);
    if (config.database.url.startsWith("file:") || !config.production) {
      const ran = await migrate(services.db, services.now(), services.migrations);
      if (ran.length > 0) log.info("migrated", { ran });
    }
    return services;
  });
}

/**
 * Migrates the database and compares its schema with the data map. Reads only the database's variables,
 * so that a deployment need not have the service's secrets.
 */
export function migrateOnDeno(parts = ownParts): Promise<Disagreement & { ran: string[] }> {
  return orExit(async () => {
    const config = parseDatabaseConfig(Deno.env.toObject());
    await makeDataFolder(config);
    const db = await openConfigured(config);
    const ran = await migrate(db, Date.now(), parts.migrations);
    const found = await createInventory(db, parts.dataMap).refresh();
    db.close();
    return { ran, ...found };
  });
}

/** What `deno task import` needs: the database, with time for a large table, and what a hash costs. */
export function openForAdoption(): Promise<{ db: Database; cost: number }> {
  return orExit(async () => {
    const environment = Deno.env.toObject();
    const config = parseDatabaseConfig(environment);
    const cost = parsePasswordCost(environment);
    return { db: await openConfigured({ ...config, timeoutMs: importTimeoutMs }), cost };
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
  const services = await openOnDeno(parts);
  const app = appOf(services);
  return {
    fetch: (request: Request, info: object) => app.fetch(request, info),
    onListen({ hostname, port }: { hostname: string; port: number }): void {
      log.info(`listening on http://${hostname}:${port}/`);
      startJobs(services);
    },
  };
}
