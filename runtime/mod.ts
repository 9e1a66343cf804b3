/**
 * The one file that knows its runtime. What differs between Deno and Workers, the environment, the
 * moment at which the services are opened, the timer, is settled here.
 */
import { configureSync, getConfig, getLogger, type LogRecord } from "@logtape/logtape";
import { redactByField } from "@logtape/redaction";
import { createBrokenApp } from "../app.ts";
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
import ownMap from "../data_map.ts";
import { createInventory } from "../db/map/inventory.ts";
import { type Database, openDatabase } from "../db/engine/database.ts";
import {
  BrokenMigration,
  ForeignTable,
  migrate,
  type Migration,
  ownMigrations,
} from "../db/engine/migrate.ts";
import type { Disagreement } from "../db/map/schema.ts";
import type { DataMap } from "../domain/data_map.ts";
import { causesOf } from "../domain/error.ts";
import { createPasswords } from "../crypto/passwords.ts";
import { openReceiptKeys } from "../crypto/receipt_keys.ts";
import { jobsOf, runJobs } from "../jobs/mod.ts";
import { ownWords, type Words } from "../messages/mod.ts";
import { maskSpans, traceRoute } from "./span.ts";

/** What a service is made of beside its configuration: our own, or with an app's beside it (`mod.ts`). */
export interface Parts {
  dataMap: DataMap;
  /** All of them, in order. */
  migrations: readonly Migration[];
  words: Words;
}

const own: Parts = { dataMap: ownMap, migrations: ownMigrations, words: ownWords };

/** What answers requests. `given`: connection info on Deno, bindings on Workers. */
export interface App {
  fetch(request: Request, given: object): Response | Promise<Response>;
}

const onDeno = "Deno" in globalThis;
/** What hashes under way may take together: an isolate has 128 MB for everything. */
const hashMemoryMiB = onDeno ? 1024 : 64;
const jobsEveryMs = 5000;
const unlimited = Number.MAX_SAFE_INTEGER;
const adoptionTimeoutMs = 10 * 60_000;

/** One JSON object a line, in UTC. */
function toConsole({ timestamp, level, category, message, properties }: LogRecord): void {
  const time = new Date(timestamp).toISOString();
  const line = {
    time,
    level,
    logger: category.join("."),
    message: message.join(""),
    ...properties,
  };
  const write = level === "error" || level === "fatal" ? console.error : console.log;
  write(JSON.stringify(line));
}

const log = getLogger(["annyeong"]);

/** Unless an app around ours has said itself where lines go. */
function logToConsole(): void {
  if (getConfig()) return;
  configureSync({
    sinks: { console: redactByField(toConsole) },
    loggers: [
      { category: "annyeong", lowestLevel: "info", sinks: ["console"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["console"] },
    ],
  });
}

/** Makes the services of a process or isolate. Throws `ConfigError`. */
async function open(config: Config, { dataMap, migrations, words }: Parts): Promise<Services> {
  const db = await openConfigured(config.database);
  const receiptKeys = await openReceiptKeys(config.receiptKeys).catch(() => {
    throw new ConfigError("RECEIPT_PRIVATE_KEY does not sign what its public half verifies");
  });
  return {
    config,
    db,
    inventory: createInventory(db, dataMap),
    migrations,
    words,
    passwords: createPasswords(config.password.cost, hashMemoryMiB),
    receiptKeys,
    now: Date.now,
  };
}

/** The driver quotes what it was given, so what it says stays out of the log. */
async function openConfigured(database: Config["database"]): Promise<Database> {
  try {
    // In workerd no request may wait for a promise of another's.
    return await openDatabase(onDeno ? database : { ...database, batchesAtOnce: unlimited });
  } catch {
    throw new ConfigError(
      "TURSO_DATABASE_URL cannot be opened: is its folder there, writable, and with room on its disk?",
    );
  }
}

/** Whose messages are made of names and none of their values. */
const sayable = [ConfigError, ForeignTable, BrokenMigration];

/** Says what is wrong with configuration or schema, and ends: nothing runs on half of one. */
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

/** The services under Deno. An embedded database, and every one in development, is brought up to date. */
export function openOnDeno(parts = own): Promise<Services> {
  return orExit(async () => {
    const environment = Object.fromEntries( // an empty value is none, and hides no generated one
      Object.entries(Deno.env.toObject()).filter(([, value]) => value !== ""),
    );
    const secrets = environment.ANNYEONG_ENV === "development" ? await developmentSecrets() : {};
    const config = parseConfig({ ...secrets, ...environment }, "deno");
    await makeDataFolder(config.database);
    const services = await open(config, parts);
    if (config.database.url.startsWith("file:") || !config.production) {
      const ran = await migrate(services.db, services.now(), services.migrations);
      if (ran.length > 0) log.info("migrated", { ran });
    }
    return services;
  });
}

/**
 * Brings the database to the current schema and looks at it beside the map. It asks for the database's
 * variables alone: a deployment need not carry the service's secrets.
 */
export function migrateOnDeno(parts = own): Promise<Disagreement & { ran: string[] }> {
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
    return { db: await openConfigured({ ...config, timeoutMs: adoptionTimeoutMs }), cost };
  });
}

async function makeDataFolder({ url }: Config["database"]): Promise<void> {
  if (url === defaultDatabase) await Deno.mkdir("data", { recursive: true, mode: 0o700 });
}

/** Made once, so that sessions and receipts outlive a restart; production refuses them. */
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

/**
 * What a runtime takes as the default export of its entry: `deno serve` and Workers alike. Under Deno
 * the services are opened now, on Workers by the first request, which brings the bindings.
 */
export function serve(appOf: (services: Services) => App, parts = own) {
  // In this form a bundler for Workers, which knows that there is no Deno, leaves the first half out.
  return typeof Deno !== "undefined" ? serveOnDeno(appOf, parts) : serveOnWorkers(appOf, parts);
}

async function serveOnDeno(appOf: (services: Services) => App, parts: Parts) {
  maskSpans();
  const services = await openOnDeno(parts);
  const app = appOf(services);
  return {
    fetch(request: Request, info: object) {
      const traced = (route: string) => traceRoute(request.method, route);
      return app.fetch(request, { ...info, traced });
    },
    onListen({ hostname, port }: { hostname: string; port: number }): void {
      log.info(`listening on http://${hostname}:${port}/`);
      startTimer(services);
    },
  };
}

/** Unref'd, or the process would outlive SIGTERM. */
function startTimer(services: Services): void {
  const stopping = new AbortController();
  Deno.addSignalListener("SIGTERM", () => stopping.abort()); // no recipient may hold up the end
  for (const job of jobsOf(services, stopping.signal)) {
    let running = false;
    const timer = setInterval(async () => {
      if (running) return;
      running = true;
      await job.run();
      running = false;
    }, jobsEveryMs);
    Deno.unrefTimer(timer as unknown as number);
  }
}

function serveOnWorkers(appOf: (services: Services) => App, parts: Parts) {
  logToConsole();
  let worker: { app: App; services: Services } | undefined;

  /** An isolate makes its services once; two first requests at once each make their own, and one stays. */
  async function workerOf(bindings: Environment) {
    if (worker) return worker;
    const services = await open(parseConfig(bindings, "workers"), parts);
    return worker ??= { app: appOf(services), services };
  }

  return {
    async fetch(request: Request, bindings: Environment): Promise<Response> {
      let app: App;
      try {
        app = (await workerOf(bindings)).app;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        log.fatal("{problem}", { problem: error.message });
        app = createBrokenApp();
      }
      return await app.fetch(request, bindings);
    },
    /** The cron trigger: see wrangler.toml. */
    async scheduled(_event: unknown, bindings: Environment): Promise<void> {
      const { services } = await workerOf(bindings);
      await runJobs(services);
    },
  };
}
