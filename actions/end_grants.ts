import { getLogger } from "@logtape/logtape";
import type { ProviderConfig } from "../config/mod.ts";
import { openText, sealText } from "../crypto/sealed_text.ts";
import { newId } from "../crypto/tokens.ts";
import { lease as leaseRows, settle } from "../db/outbox/leases.ts";
import { newlyFailing } from "../db/outbox/tries.ts";
import { type Delivery, judge, type Reply } from "../domain/delivery.ts";
import type { Ending } from "../domain/provider.ts";
import { endGrant } from "../providers/mod.ts";
import type { Services } from "./services.ts";

const log = getLogger(["annyeong", "jobs"]);

/** Grants that are ended at one provider at once. */
const atOnce = 10;

/** How many grants a run tried to end, and how many of them have ended. */
export interface GrantRun {
  tried: number;
  ended: number;
}

/**
 * Ends the grants that are due at one provider, until none is, the time is up or `stop` is aborted. Many may
 * run at once, and each may be killed at any moment.
 * @param untilMs when the run ends, ms, by `services.now`
 * @throws `unavailable`
 */
export async function endGrants(
  services: Services,
  provider: ProviderConfig,
  untilMs: number,
  stop?: AbortSignal,
): Promise<GrantRun> {
  const { db, now } = services;
  const queue = { channel: "grant", recipient: provider.name } as const;
  const run: GrantRun = { tried: 0, ended: 0 };
  while (now() < untilMs && !stop?.aborted) {
    const lease = newId();
    const leased = await leaseRows(db, queue, lease, now(), atOnce);
    if (leased.length === 0) break;
    const ended = await Promise.all(leased.map((one) => tryOnce(services, provider, one, lease)));
    run.tried += leased.length;
    run.ended += ended.filter(Boolean).length;
  }
  if (run.tried > 0) await db.truncateLog(); // with the tokens of the rows that are settled
  const failing = await newlyFailing(db, queue, now());
  if (failing) {
    const { problem } = failing;
    log.warn("a provider has not ended grants for ten minutes", {
      provider: provider.name,
      problem,
    });
  }
  return run;
}

/** Ends the due grants of every provider, for a Worker that has just answered a withdrawal. */
export async function endAllGrants(services: Services): Promise<void> {
  const { config, now } = services;
  const until = now() + 20_000;
  await Promise.allSettled(config.providers.map((one) => endGrants(services, one, until)));
}

async function tryOnce(
  services: Services,
  provider: ProviderConfig,
  delivery: Delivery,
  lease: string,
): Promise<boolean> {
  const triedAt = services.now();
  const start = performance.now();
  const reply = await send(services, provider, delivery, triedAt);
  const tried = { triedAt, ms: performance.now() - start, reply };
  const now = services.now();
  const outcome = judge(reply, delivery.tries + 1, delivery.retryUntil, now, Math.random());
  const renewed = reply.renewed
    ? sealText(services.config.sessionSecrets, delivery.id, JSON.stringify(reply.renewed))
    : null;
  await settle(services.db, delivery, lease, outcome, tried, now, renewed);
  return outcome.status === "confirmed";
}

async function send(
  { config }: Services,
  provider: ProviderConfig,
  { id, sealed }: Delivery,
  now: number,
): Promise<Reply> {
  const text = sealed === null ? null : openText(config.sessionSecrets, id, sealed);
  if (text === null) {
    return {
      status: null,
      verdict: "refused",
      retryAfterMs: null,
      cause: "the seal does not open",
    };
  }
  return await endGrant(provider, JSON.parse(text) as Ending, now);
}
