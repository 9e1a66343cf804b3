import { getLogger } from "@logtape/logtape";
import { Hono } from "hono/tiny";
import { createReadiness, withdrawalReadiness } from "../actions/ready.ts";
import type { Services } from "../actions/services.ts";
import { AppError } from "../domain/error.ts";
import type { Env } from "../http/env.ts";

const log = getLogger(["annyeong", "health"]);

/** What probes ask. The reason of a 503 is in the log. */
export default function health(services: Services) {
  const readiness = createReadiness(services);
  return new Hono<Env>()
    .get("/healthz", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      const problem = await readiness();
      if (problem) throw notReady([problem]);
      return c.json({ status: "ready" });
    })
    .get("/readyz/withdrawal", async (c) => {
      const { problems, warnings, behind } = await withdrawalReadiness(services, c.var.now);
      warnings.forEach((warning) => log.warn("{warning}", { warning }));
      if (problems.length > 0) throw notReady(problems, behind);
      return c.json({ status: "ready", ...(behind !== null && { ledger: { behind } }) });
    });
}

/** Logs each problem. The public learns only that it is 503, and how far the ledger's copy is behind. */
function notReady(problems: readonly string[], behind: number | null = null): AppError {
  problems.forEach((problem) => log.error("{problem}", { problem }));
  return new AppError("unavailable", behind === null ? {} : { behind });
}
