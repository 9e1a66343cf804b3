/** What production refuses, because it is safe only on a developer's machine. */
import type { JWK } from "jose";
import * as z from "zod/mini";
import { ConfigError } from "./fields.ts";
import { isLoopback, isPublic } from "./hosts.ts";
import { isGenerated, isGuessable } from "./keys.ts";
import type { ProviderConfig } from "./providers.ts";
import type { Recipient } from "./recipients.ts";

export const environmentName = z._default(
  z.enum(["production", "development"], { error: "must be production or development" }),
  "production",
);

/** OWASP Password Storage Cheat Sheet: N = 2^14 with r = 8 and p = 5. */
const minCost = 14;

const fresh = "deno task keys prints a value for production";

/** Throws `ConfigError` for a value that must not reach production. */
export function refuseUnsafe(env: {
  SESSION_SECRET: readonly string[];
  IDENTIFIER_KEY: string;
  RECEIPT_PRIVATE_KEY: readonly JWK[];
  PASSWORD_COST: number;
  PUBLIC_ORIGIN?: string | undefined;
  ALLOWED_ORIGINS: readonly string[];
  TURSO_DATABASE_URL: string;
  RECIPIENTS: readonly Recipient[];
  PROVIDERS: readonly ProviderConfig[];
  LEDGER_URL?: string | undefined;
  METRICS_TOKEN?: string | undefined;
}): void {
  refuse(
    "SESSION_SECRET",
    env.SESSION_SECRET.some(isGuessable),
    `is generated or sample: ${fresh}`,
  );
  refuse("IDENTIFIER_KEY", isGuessable(env.IDENTIFIER_KEY), `is generated or sample: ${fresh}`);
  refuse(
    "RECEIPT_PRIVATE_KEY",
    env.RECEIPT_PRIVATE_KEY.some(isGenerated),
    `was generated for development: ${fresh}`,
  );
  refuse(
    "METRICS_TOKEN",
    env.METRICS_TOKEN !== undefined && isGuessable(env.METRICS_TOKEN),
    "is a sample: openssl rand -hex 32 makes one",
  );
  requireCost(env.PASSWORD_COST);
  refuse("PUBLIC_ORIGIN", !env.PUBLIC_ORIGIN, "is missing: set it to https://members.example");
  requireTls("PUBLIC_ORIGIN", env.PUBLIC_ORIGIN!);
  for (const origin of env.ALLOWED_ORIGINS) requireTls("ALLOWED_ORIGINS", origin);
  requireTls("TURSO_DATABASE_URL", env.TURSO_DATABASE_URL);
  if (env.LEDGER_URL) requireTls("LEDGER_URL", env.LEDGER_URL);
  refuse(
    "PROVIDERS",
    env.PROVIDERS.some(({ base }) => base !== null),
    'may have "base" only in development',
  );
  for (const { url, secrets } of env.RECIPIENTS) {
    refuse(
      "RECIPIENTS",
      secrets.some(isGuessable),
      "holds a generated or sample secret: make one from 32 random bytes",
    );
    const { protocol, hostname } = new URL(url);
    refuse(
      "RECIPIENTS",
      protocol !== "https:" || !isPublic(hostname),
      "must have only https:// URLs on public hosts in production",
    );
  }
}

/** Throws `ConfigError` for a cost below the minimum of production. */
export function requireCost(cost: number): void {
  refuse("PASSWORD_COST", cost < minCost, `must be at least ${minCost} in production (OWASP)`);
}

/** Throws `ConfigError` for `http://`, unless the host is this machine. */
export function requireTls(name: string, url: string): void {
  const { protocol, hostname } = new URL(url);
  const inTheClear = protocol === "http:" && !isLoopback(hostname);
  refuse(name, inTheClear, "may be http:// only on loopback: use https://");
}

function refuse(name: string, wrong: boolean, problem: string): void {
  if (wrong) throw new ConfigError(`${name} ${problem}`);
}
