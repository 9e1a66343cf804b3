import { getLogger } from "@logtape/logtape";
import { Hono } from "hono/tiny";
import type { Env } from "../http/env.ts";
import { dueDeliveries } from "../db/outbox/deliveries.ts";
import { isCurrent } from "../db/engine/migrate.ts";
import { overdueSince } from "../db/leaving/withdrawals.ts";
import { AppError } from "../domain/error.ts";

const log = getLogger(["annyeong", "health"]);

/** Due work that has waited longer than this says that the clock's jobs do not run, ms. */
const overdueMs = 60 * 60_000;

export default new Hono<Env>()
  .get("/healthz", (c) => c.json({ status: "alive" }))
  .get("/readyz", async (c) => {
    const { db, migrations } = c.var.services;
    if (!await isCurrent(db, migrations)) {
      log.error("the schema is not current: run deno task migrate");
      throw new AppError("unavailable");
    }
    return c.json({ status: "ready" });
  })
  .get("/readyz/withdrawal", async (c) => {
    const { config, db, inventory } = c.var.services;
    const { problems, warnings } = await inventory.inspect();
    warnings.forEach((warning) => log.warn("{warning}", { warning }));
    problems.forEach((problem) => log.error("{problem}", { problem }));
    if (problems.length > 0) throw new AppError("unavailable");
    const limit = c.var.now - overdueMs;
    const since = await overdueSince(db, limit) ??
      (await dueDeliveries(db, config.recipients, limit)).since;
    if (since !== null) {
      log.error("due work is overdue: are the jobs running?", {
        since: new Date(since).toISOString(),
      });
      throw new AppError("unavailable");
    }
    return c.json({ status: "ready" });
  });
