/** The sealed cookie of a round trip to a provider: it binds the answer to the browser that began it. */
import type { Context } from "hono";
import * as z from "zod/mini";
import type { Newcomer } from "../actions/join_with_provider.ts";
import { arrivalMs, type Flow, flowMs } from "../domain/provider.ts";
import type { Env } from "./env.ts";
import { sealedCookie } from "./sealed_cookie.ts";

/** Several tabs may be on their way at once. */
const flowsAtOnce = 3;

const text = z.nullable(z.string());

const shape = z.object({
  typ: z.literal("provider"),
  flows: z.array(z.object({
    state: z.string(),
    provider: z.string(),
    purpose: z.enum(["login", "link", "confirm"]),
    nonce: z.string(),
    verifier: z.string(),
    startedAt: z.number(),
    next: text,
    session: text,
  })),
  /** Who has come back and is no member yet. */
  newcomer: z.nullable(z.object({
    issuer: z.string(),
    subject: z.string(),
    provider: z.string(),
    email: text,
    emailVerified: z.boolean(),
    until: z.number(),
  })),
});
type Kept = z.output<typeof shape>;

const cookie = sealedCookie("annyeong-provider", shape, arrivalMs / 1000);

/** Sets or deletes the cookie after the functions below. */
export const providerCookies = cookie.write;

const nothing: Kept = { typ: "provider", flows: [], newcomer: null };

/** Remembers a round trip that begins. */
export async function keepFlow(c: Context<Env>, flow: Flow): Promise<void> {
  const { flows, newcomer } = await open(c);
  const live = flows.filter(({ startedAt }) => startedAt + flowMs > c.var.now);
  await keep(c, { ...nothing, flows: [flow, ...live].slice(0, flowsAtOnce), newcomer });
}

/** Takes the round trip with this state out of the cookie. `null`: this browser has not begun it. */
export async function takeFlow(
  c: Context<Env>,
  provider: string,
  state: string | null,
): Promise<Flow | null> {
  const { flows, newcomer } = await open(c);
  const flow = flows.find((one) => one.state === state && one.provider === provider);
  if (!flow) return null;
  await keep(c, { ...nothing, flows: flows.filter((one) => one !== flow), newcomer });
  return flow;
}

/** Remembers somebody who has come back and is no member yet. */
export async function keepNewcomer(c: Context<Env>, newcomer: Newcomer): Promise<void> {
  await keep(c, { ...nothing, newcomer: { ...newcomer, until: c.var.now + arrivalMs } });
}

/** Who has come back from this provider and is no member yet, or `null`. */
export async function newcomerOf(c: Context<Env>, provider: string): Promise<Newcomer | null> {
  const { newcomer } = await open(c);
  if (!newcomer || newcomer.provider !== provider || newcomer.until <= c.var.now) return null;
  return newcomer;
}

/** Deletes the cookie. */
export function forgetFlows(c: Context<Env>): void {
  cookie.remove(c);
}

async function keep(c: Context<Env>, kept: Kept): Promise<void> {
  const isEmpty = kept.flows.length === 0 && kept.newcomer === null;
  if (isEmpty) cookie.remove(c);
  else await cookie.set(c, kept);
}

async function open(c: Context<Env>): Promise<Kept> {
  return await cookie.read(c) ?? nothing;
}
