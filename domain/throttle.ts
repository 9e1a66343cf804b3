import { newId } from "../crypto/tokens.ts";

const minute = 60_000;

/** How often something may be tried, and within which time. */
export interface Limit {
  tries: number;
  windowMs: number;
}

/**
 * The limits, before `THROTTLE_SCALE`. Sign-in and every confirmation by password share theirs.
 * `client` stops spraying, `pair` guessing one account from one place, `account` from many places.
 * A client from which the member has signed in before is exempt from `account`, so that strangers
 * cannot lock a member out; `pair_day` keeps one stranger from using `account` up
 * (NIST SP 800-63B-4 3.2.2: at most 100 failures).
 */
export const limits = {
  pair: { tries: 10, windowMs: 15 * minute },
  pair_day: { tries: 30, windowMs: 24 * 60 * minute },
  account: { tries: 100, windowMs: 24 * 60 * minute },
  client: { tries: 100, windowMs: 15 * minute },
  registration: { tries: 100, windowMs: 60 * minute },
} as const satisfies Record<string, Limit>;

/** One try, and everything it counts against: a limit is reached only through those before it. */
export interface Attempt {
  id: string;
  subjects: readonly {
    subject: string;
    limit: Limit;
    /** A client from which this account has been signed in to is let through regardless. */
    exempt?: { account: string; client: string };
    /** Whether a right password wipes earlier failures. */
    forgiven?: boolean;
  }[];
}

/**
 * A sign-in, or a confirmation by password.
 *
 * @param account keyed hash of the login name
 * @param client keyed hash of the client's network
 * @param scale `THROTTLE_SCALE`
 */
export function passwordAttempt(account: string, client: string, scale: number): Attempt {
  const pair = `${account}:${client}`;
  return {
    id: newId(),
    subjects: [
      { subject: `pair:${pair}`, limit: scaled(limits.pair, scale), forgiven: true },
      { subject: `pair_day:${pair}`, limit: scaled(limits.pair_day, scale), forgiven: true },
      { subject: `client:${client}`, limit: scaled(limits.client, scale) },
      {
        subject: `account:${account}`,
        limit: scaled(limits.account, scale),
        exempt: { account, client },
      },
    ],
  };
}

/** A registration. */
export function registrationAttempt(client: string, scale: number): Attempt {
  const limit = scaled(limits.registration, scale);
  return { id: newId(), subjects: [{ subject: `registration:${client}`, limit }] };
}

/** How many tries each limit allows, by the word that its subjects begin with. */
export function triesAllowed(scale: number): [name: string, tries: number][] {
  return Object.entries(limits).map(([name, limit]) => [name, scaled(limit, scale).tries]);
}

function scaled(limit: Limit, scale: number): Limit {
  return { ...limit, tries: Math.max(1, Math.floor(limit.tries * scale)) };
}
