/** The service on Cloudflare Workers. */
import { getLogger } from "@logtape/logtape";
import { createBrokenApp } from "../app.ts";
import type { Services } from "../actions/services.ts";
import { ConfigError, type Environment, parseConfig } from "../config/mod.ts";
import { runJobs } from "../jobs/mod.ts";
import { logToConsole } from "./log.ts";
import { type App, type Limits, open, type Parts, type WorkerContext } from "./open.ts";

const log = getLogger(["annyeong"]);

/** An isolate has 128 MB. No request may wait for another request's promise, so batches never queue. */
const limits: Limits = { hashMemoryMiB: 64, shared: false };

/** The default export of a Worker. The first request opens the services, because it brings the bindings. */
export function serveOnWorkers(appOf: (services: Services) => App, parts: Parts) {
  logToConsole();
  let worker: { app: App; services: Services } | undefined;

  /** Two first requests at once each open their own services; the isolate keeps one of them. */
  async function workerOf(bindings: Environment) {
    if (worker) return worker;
    const services = await open(
      parseConfig({ ...parts.environment, ...bindings }, "workers"),
      parts,
      limits,
    );
    return worker ??= { app: appOf(services), services };
  }

  return {
    async fetch(
      request: Request,
      bindings: Environment,
      context: WorkerContext,
    ): Promise<Response> {
      let app: App;
      try {
        app = (await workerOf(bindings)).app;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        log.fatal("{problem}", { problem: error.message });
        app = createBrokenApp();
      }
      return await app.fetch(request, bindings, context);
    },
    /** The cron trigger: see wrangler.toml. */
    async scheduled(_event: unknown, bindings: Environment): Promise<void> {
      const { services } = await workerOf(bindings);
      await runJobs(services);
    },
  };
}
