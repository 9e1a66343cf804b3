import { getLogger } from "@logtape/logtape";
import type { Services } from "./services.ts";
import { signedLines } from "./signed_ledger.ts";
import {
  confirmCopy,
  leaseCopy,
  type LedgerLag,
  ledgerLag,
  noteCopyProblem,
  releaseCopy,
} from "../db/leaving/ledger_copies.ts";
import { causesOf } from "../domain/error.ts";
import { newId, sha256 } from "../crypto/tokens.ts";

const log = getLogger(["annyeong", "ledger"]);

const tryTimeoutMs = 15_000;
/** The longest that a member waits for the file. The copy goes on after it. */
const answerWaitMs = 5000;
/** A run and its last try end before its lease of a minute does. */
const runMs = 40_000;
/** An erasure that is not at the second place after this time makes readiness 503. */
const lateMs = 60_000;

/**
 * Brings the second place (`LEDGER_URL`) up to date. Never throws: what failed is in the log and in
 * `/readyz/withdrawal`, and is tried again by the job.
 * @param stop cuts off what waits for an endpoint
 */
export async function copyLedger(services: Services, stop?: AbortSignal): Promise<void> {
  const { config, db, ledgerFile } = services;
  if (!config.ledgerUrl) return;
  const place = placeOf(services)!;
  try {
    if (ledgerFile) {
      const { sequence } = await ledgerFile.append(services);
      await confirmCopy(db, place, sequence, services.now());
    } else {
      await sendLines(services, config.ledgerUrl, place, stop);
    }
  } catch (error) {
    const problem = causesOf(error).join("; ") || "unknown";
    log.error("the ledger has no second copy of the last erasures", { problem });
    await noteCopyProblem(db, place, problem).catch(() => {}); // the database may be what is away
  }
}

/**
 * After an erasure, before its member gets the answer: waits for the file, and begins to send to an
 * endpoint.
 * @param inBackground keeps a Worker alive for what is not waited for
 */
export async function copyBeforeAnswer(
  services: Services,
  inBackground: (work: Promise<void>) => void,
): Promise<void> {
  const copied = copyLedger(services);
  if (!services.ledgerFile) return inBackground(copied);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => timer = setTimeout(resolve, answerWaitMs));
  await Promise.race([copied, patience]).finally(() => clearTimeout(timer));
}

/**
 * How far the second place is behind, and whether that is too far: a file that was not written is at
 * once, an endpoint after a minute. `null` where there is no second place.
 */
export async function lagOfCopy(
  services: Services,
): Promise<LedgerLag & { tooFar: boolean } | null> {
  const place = placeOf(services);
  if (!place) return null;
  const lag = await ledgerLag(services.db, place);
  const isLate = lag.since !== null && lag.since < services.now() - lateMs;
  const hasFailed = services.ledgerFile !== undefined && lag.problem !== null;
  return { ...lag, tooFar: isLate || hasFailed };
}

/** The name of the second place in the database. An address may hold a secret, so it is a hash. */
function placeOf({ config, ledgerFile }: Services): string | null {
  if (!config.ledgerUrl) return null;
  return ledgerFile?.place ?? sha256(config.ledgerUrl);
}

/** Sends what is missing, until nothing is or the time is up. Another run may be sending already. */
async function sendLines(services: Services, url: string, place: string, stop?: AbortSignal) {
  const { db } = services;
  const until = services.now() + runMs;
  do {
    const lease = newId();
    const done = await leaseCopy(db, place, lease, services.now());
    if (done === null) return;
    await sendAfter(done, services, { url, place, until }, stop)
      .finally(() => releaseCopy(db, place, lease));
  } while (services.now() < until && (await ledgerLag(db, place)).behind > 0);
}

/** Line by line, in order, so that the endpoint can check the chain. */
async function sendAfter(
  done: number,
  services: Services,
  { url, place, until }: { url: string; place: string; until: number },
  stop?: AbortSignal,
): Promise<void> {
  for await (const page of signedLines(services, done)) {
    for (const { id, sequence, text } of page) {
      await send(url, id, text, stop);
      await confirmCopy(services.db, place, sequence, services.now());
      if (services.now() >= until) return;
    }
  }
}

async function send(url: string, id: string, line: string, stop?: AbortSignal): Promise<void> {
  const signals = [AbortSignal.timeout(tryTimeoutMs), ...(stop ? [stop] : [])];
  const response = await fetch(url, {
    method: "POST",
    redirect: "manual", // where it points to was not configured
    signal: AbortSignal.any(signals),
    headers: {
      "Content-Type": "application/json",
      "User-Agent": "Annyeong",
      "Idempotency-Key": id,
    },
    body: line,
  }).catch((error) => {
    throw new Error(`the endpoint did not answer line ${id}`, { cause: error });
  });
  await response.body?.cancel();
  if (!response.ok) {
    throw new Error(`the endpoint answered ${response.status} to line ${id}`);
  }
}
