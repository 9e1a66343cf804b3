/**
 * The one file that knows its runtime. `deno serve main.ts` and Cloudflare Workers both take the default
 * export; what differs, the environment, the client's address, the timer, is settled here.
 */
import { configureSync, getConsoleSink, getLogger, jsonLinesFormatter } from "@logtape/logtape";
import { redactByField } from "@logtape/redaction";
import { createApp } from "./app.ts";
import {
  type Config,
  ConfigError,
  defaultDatabase,
  type Environment,
  freshSecrets,
  parseConfig,
} from "./config.ts";
import type { Services } from "./context.ts";
import dataMap from "./data_map.ts";
import { createCatalogue } from "./db/catalogue.ts";
import { openDatabase } from "./db/client.ts";
import { migrate } from "./db/migrate.ts";
import { createPasswords } from "./domain/password.ts";
import { createReceiptKeys } from "./domain/receipt.ts";
import { runJobs } from "./jobs/mod.ts";

type App = ReturnType<typeof createApp>;

const onDeno = "Deno" in globalThis;
/** What hashes under way may take together: an isolate has 128 MB for everything. */
const hashMemoryMiB = onDeno ? 1024 : 64;
const jobsEveryMs = 5000;

const log = getLogger(["annyeong"]);
configureSync({
  sinks: { console: redactByField(getConsoleSink({ formatter: jsonLinesFormatter })) },
  loggers: [
    { category: "annyeong", lowestLevel: "info", sinks: ["console"] },
    { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["console"] },
  ],
});

/** Makes the services of a process or isolate. Throws `ConfigError` and `unavailable`. */
async function open(config: Config): Promise<Services> {
  const db = await openDatabase(config.database);
  return {
    config,
    db,
    catalogue: createCatalogue(db, dataMap),
    passwords: createPasswords(config.password.cost, hashMemoryMiB),
    receiptKeys: createReceiptKeys(config.receiptKeys),
    now: Date.now,
  };
}

/**
 * The services under Deno, for the command-line tasks as well. An embedded database, and every one in
 * development, is brought up to date first unless `prepare` is false.
 */
export async function openOnDeno(prepare = true): Promise<Services> {
  const environment = Deno.env.toObject();
  const secrets = environment.ANNYEONG_ENV === "development" ? await developmentSecrets() : {};
  const config = parseConfig({ ...secrets, ...environment }, "deno");
  const { database, production } = config;
  if (database.url === defaultDatabase) await Deno.mkdir("data", { recursive: true, mode: 0o700 });
  const services = await open(config);
  if (prepare && (database.url.startsWith("file:") || !production)) {
    const ran = await migrate(services.db, services.now());
    if (ran.length > 0) log.info("migrated", { ran });
  }
  return services;
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

/** Says what is wrong with the configuration, and ends: nothing runs on half of one. */
async function startOnDeno(): Promise<{ app: App; services: Services }> {
  try {
    const services = await openOnDeno();
    return { app: createApp(services), services };
  } catch (error) {
    if (error instanceof ConfigError) log.fatal("{problem}", { problem: error.message });
    else log.fatal("cannot start: {problem}", { problem: String(error) });
    Deno.exit(1);
  }
}

const deno = onDeno && import.meta.main ? await startOnDeno() : undefined;

/** Unref'd, or the process would outlive SIGTERM. */
function startTimer(services: Services): void {
  let running = false;
  const timer = setInterval(async () => {
    if (running) return;
    running = true;
    try {
      await runJobs(services);
    } catch (error) {
      log.error("jobs failed", { problem: error instanceof Error ? error.name : "unknown" });
    }
    running = false;
  }, jobsEveryMs);
  Deno.unrefTimer(timer as unknown as number);
}

let worker: { app: App; services: Services } | undefined;

/** An isolate makes its services once; two first requests at once each make their own, and one stays. */
async function workerOf(bindings: Environment) {
  if (worker) return worker;
  const services = await open(parseConfig(bindings, "workers"));
  return worker = { app: createApp(services), services };
}

async function fetchOnWorkers(request: Request, bindings: Environment): Promise<Response> {
  try {
    const { app } = await workerOf(bindings);
    return await app.fetch(request, {});
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log.fatal("{problem}", { problem: error.message });
    const body = {
      error: "지금은 요청을 처리할 수 없습니다. 잠시 후 다시 시도해 주세요.",
      code: "unavailable",
    };
    return Response.json(body, { status: 503, headers: { "Retry-After": "60" } });
  }
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
