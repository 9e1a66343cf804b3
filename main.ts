/**
 * The one file that knows its runtime. `deno serve main.ts` and Cloudflare Workers both take the default
 * export; what differs, the environment, the client's address, the timer, is settled here.
 */
import { configureSync, getLogger, type LogRecord } from "@logtape/logtape";
import { redactByField } from "@logtape/redaction";
import { createApp, createBrokenApp } from "./app.ts";
import {
  type Config,
  ConfigError,
  defaultDatabase,
  type Environment,
  freshSecrets,
  parseConfig,
  parseDatabaseConfig,
} from "./config.ts";
import type { Services } from "./context.ts";
import dataMap from "./data_map.ts";
import { createCatalogue } from "./db/catalogue.ts";
import { type Database, openDatabase } from "./db/client.ts";
import { migrate } from "./db/migrate.ts";
import type { Disagreement } from "./db/schema.ts";
import { causesOf } from "./domain/error.ts";
import { createPasswords } from "./domain/password.ts";
import { openReceiptKeys } from "./domain/receipt.ts";
import { jobsOf, runJobs } from "./jobs/mod.ts";

type App = ReturnType<typeof createApp>;

const onDeno = "Deno" in globalThis;
/** What hashes under way may take together: an isolate has 128 MB for everything. */
const hashMemoryMiB = onDeno ? 1024 : 64;
const jobsEveryMs = 5000;

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
configureSync({
  sinks: { console: redactByField(toConsole) },
  loggers: [
    { category: "annyeong", lowestLevel: "info", sinks: ["console"] },
    { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["console"] },
  ],
});

/** Makes the services of a process or isolate. Throws `ConfigError`. */
async function open(config: Config): Promise<Services> {
  const db = await openConfigured(config.database);
  const receiptKeys = await openReceiptKeys(config.receiptKeys).catch(() => {
    throw new ConfigError("RECEIPT_PRIVATE_KEY does not sign what its public half verifies");
  });
  return {
    config,
    db,
    catalogue: createCatalogue(db, dataMap),
    passwords: createPasswords(config.password.cost, hashMemoryMiB),
    receiptKeys,
    now: Date.now,
  };
}

/** The driver quotes what it was given, so what it says stays out of the log. */
async function openConfigured(database: Config["database"]): Promise<Database> {
  try {
    return await openDatabase(database);
  } catch {
    throw new ConfigError(
      "TURSO_DATABASE_URL cannot be opened: is its folder there, writable, and with room on its disk?",
    );
  }
}

/** Says what is wrong with the configuration, and ends: nothing runs on half of one. */
async function orExit<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConfigError) log.fatal("{problem}", { problem: error.message });
    else {log.fatal("cannot start: the database does not answer, or takes no writes", {
        causes: causesOf(error),
      });}
    Deno.exit(1);
  }
}

/** The services under Deno. An embedded database, and every one in development, is brought up to date. */
export function openOnDeno(): Promise<Services> {
  return orExit(async () => {
    const environment = Deno.env.toObject();
    const secrets = environment.ANNYEONG_ENV === "development" ? await developmentSecrets() : {};
    const config = parseConfig({ ...secrets, ...environment }, "deno");
    await makeDataFolder(config.database);
    const services = await open(config);
    if (config.database.url.startsWith("file:") || !config.production) {
      const ran = await migrate(services.db, services.now());
      if (ran.length > 0) log.info("migrated", { ran });
    }
    return services;
  });
}

/**
 * Brings the database to the current schema and looks at it beside the map. It asks for the database's
 * variables alone: a deployment need not carry the service's secrets.
 */
export function migrateOnDeno(): Promise<Disagreement & { ran: string[] }> {
  return orExit(async () => {
    const config = parseDatabaseConfig(Deno.env.toObject());
    await makeDataFolder(config);
    const db = await openConfigured(config);
    const ran = await migrate(db, Date.now());
    const found = await createCatalogue(db, dataMap).refresh();
    db.close();
    return { ran, ...found };
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

const deno = onDeno && import.meta.main ? await startOnDeno() : undefined;

async function startOnDeno(): Promise<{ app: App; services: Services }> {
  const services = await openOnDeno();
  return { app: createApp(services), services };
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

let worker: { app: App; services: Services } | undefined;

/** An isolate makes its services once; two first requests at once each make their own, and one stays. */
async function workerOf(bindings: Environment) {
  if (worker) return worker;
  const services = await open(parseConfig(bindings, "workers"));
  return worker = { app: createApp(services), services };
}

async function fetchOnWorkers(request: Request, bindings: Environment): Promise<Response> {
  let app: { fetch: App["fetch"] };
  try {
    app = (await workerOf(bindings)).app;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log.fatal("{problem}", { problem: error.message });
    app = createBrokenApp();
  }
  return await app.fetch(request, {});
}

export default {
  /** `given`: connection info on Deno, bindings on Workers. */
  fetch(request: Request, given: Environment): Response | Promise<Response> {
    if (!deno) return fetchOnWorkers(request, given);
    const { hostname } = (given as { remoteAddr?: { hostname?: string } }).remoteAddr ?? {};
    return deno.app.fetch(request, hostname === undefined ? {} : { remoteAddress: hostname });
  },

  /** Workers' cron trigger: see wrangler.toml. */
  async scheduled(_event: unknown, bindings: Environment): Promise<void> {
    const { services } = await workerOf(bindings);
    await runJobs(services);
  },

  onListen({ hostname, port }: { hostname: string; port: number }): void {
    log.info(`listening on http://${hostname}:${port}/`);
    if (deno) startTimer(deno.services);
  },
};
