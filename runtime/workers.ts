/** The service on Cloudflare Workers. */
import { getLogger } from "@logtape/logtape";
import { createBrokenApp } from "../app.ts";
import type { Services } from "../actions/services.ts";
import { ConfigError, type Environment, type MailRoute, parseConfig } from "../config/mod.ts";
import { mailJob, runJobs } from "../jobs/mod.ts";
import { byBinding, isSendEmail } from "../mail/binding.ts";
import type { Transport } from "../mail/transport.ts";
import { logToConsole } from "./log.ts";
import { type App, type Limits, open, type Parts, type WorkerContext } from "./open.ts";

const log = getLogger(["annyeong"]);

/** An isolate has 128 MB. No request may wait for another request's promise, so batches never queue. */
const limits: Omit<Limits, "transportOf"> = { hashMemoryMiB: 64, shared: false };

/** Throws `ConfigError` if the Worker has no such binding. */
function transportOf(route: MailRoute, bindings: Environment): Transport {
  const binding = route.kind === "binding" ? bindings[route.name] : undefined;
  if (isSendEmail(binding)) return byBinding(binding);
  throw new ConfigError(
    "MAIL_URL must name a send_email binding of the Worker: add [[send_email]] to wrangler.toml",
  );
}

/** The default export of a Worker. The first request opens the services, because it brings the bindings. */
export function serveOnWorkers(appOf: (services: Services) => App, parts: Parts) {
  logToConsole();
  let worker: { app: App; services: Services } | undefined;

  /** Two first requests at once each open their own services; the isolate keeps one of them. */
  async function workerOf(bindings: Environment) {
    if (worker) return worker;
    const config = parseConfig({ ...parts.environment?.(), ...bindings }, "workers");
    const opened = await open(config, parts, {
      ...limits,
      transportOf: (route) => transportOf(route, bindings),
    });
    const services: Services = opened.transport
      ? { ...opened, sendMails: async () => void await mailJob(opened).run() }
      : opened;
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
