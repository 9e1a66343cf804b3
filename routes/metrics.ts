import { Hono } from "hono/tiny";
import type { Env } from "../http/env.ts";
import type { Services } from "../actions/services.ts";
import { status } from "../actions/status.ts";
import { isSameSecret } from "../crypto/tokens.ts";
import { AppError } from "../domain/error.ts";

/** How long an answer is reused, ms. This bounds the cost of frequent scrapes. */
const keptMs = 5000;

const kept = new WeakMap<Services, { until: number; text: string }>();

/** Off unless `METRICS_TOKEN` is set. Prometheus text format 0.0.4; nothing of a person is in it. */
export default new Hono<Env>().get("/metrics", async (c) => {
  const { services, now } = c.var;
  const { metricsToken } = services.config;
  if (metricsToken === null) throw new AppError("not_found");
  const [, given = ""] = /^Bearer (.+)$/i.exec(c.req.header("Authorization") ?? "") ?? [];
  if (!isSameSecret(given, metricsToken)) {
    c.header("WWW-Authenticate", "Bearer");
    throw new AppError("unauthenticated");
  }
  return c.body(await textOf(services, now), 200, {
    "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
  });
});

/** Requests at once each look for themselves: in workerd none may wait for what another began. */
async function textOf(services: Services, now: number): Promise<string> {
  const last = kept.get(services);
  if (last && now < last.until) return last.text;
  const text = metricsText(await status(services), now);
  kept.set(services, { until: now + keptMs, text });
  return text;
}

type Sample = [labels: Record<string, string>, value: number];

function metricsText(found: Awaited<ReturnType<typeof status>>, now: number): string {
  const seconds = (since: number | null) => since === null ? 0 : Math.max(0, now - since) / 1000;
  const one = (value: number): Sample[] => [[{}, value]];
  const { recipients } = found;
  const lines = [
    metric("members", "gauge", "Members.", one(found.members)),
    metric("withdrawals_pending", "gauge", "Inside their grace period.", one(found.pending)),
    metric("erasures_total", "counter", "Lines of the ledger.", one(found.erased)),
    metric(
      "ledger_newest_erasure_timestamp_seconds",
      "gauge",
      "When the newest line of the ledger was written; 0: it is empty.",
      one((found.newestErasureAt ?? 0) / 1000),
    ),
    metric(
      "erasure_oldest_due_seconds",
      "gauge",
      "How long the oldest due erasure has waited; 0: none is due.",
      one(seconds(found.oldestDueAt)),
    ),
    metric(
      "deliveries",
      "gauge",
      "Events that a recipient has not confirmed.",
      recipients.flatMap((one): Sample[] => [
        [{ ...labelsOfQueue(one), status: "waiting" }, one.waiting],
        [{ ...labelsOfQueue(one), status: "refused" }, one.refused],
        [{ ...labelsOfQueue(one), status: "given_up" }, one.givenUp],
      ]),
    ),
    metric(
      "delivery_oldest_waiting_seconds",
      "gauge",
      "Age of the oldest event that waits; 0: none does.",
      recipients.map((one) => [labelsOfQueue(one), seconds(one.oldestWaitingAt)]),
    ),
    metric(
      "recipient_failing_seconds",
      "gauge",
      "For how long a recipient has settled nothing; 0: it answers.",
      recipients.map((one) => [labelsOfQueue(one), seconds(one.failingSince)]),
    ),
    metric(
      "accounts_throttled",
      "gauge",
      "Accounts that a limit keeps from being signed in to.",
      one(found.throttled),
    ),
    metric(
      "log_bytes",
      "gauge",
      "Bytes in the write-ahead log of an embedded file, where deleted rows live on.",
      found.logBytes === null ? [] : one(found.logBytes),
    ),
    metric(
      "clock_skew_seconds",
      "gauge",
      "The database's clock less ours.",
      one(found.clockSkewMs / 1000),
    ),
  ];
  return lines.join("");
}

/** One metric with its help; nothing where it has no sample. */
function metric(name: string, type: "gauge" | "counter", help: string, samples: Sample[]): string {
  if (samples.length === 0) return "";
  const full = `annyeong_${name}`;
  const lines = samples.map(([labels, value]) => `${full}${labelsOf(labels)} ${value}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join("")}`;
}

/** Webhooks have no label `channel`, so that dashboards of earlier versions keep their series. */
function labelsOfQueue({ channel, name }: { channel: string; name: string }) {
  return channel === "webhook" ? { recipient: name } : { channel, recipient: name };
}

function labelsOf(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}

function escaped(value: string): string {
  return value.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n");
}
