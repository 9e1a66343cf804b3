import { newId } from "../crypto/tokens.ts";

const minute = 60_000;

/** How often something may be tried, and within which time. */
export interface Limit {
  tries: number;
  windowMs: number;
}

/**
 * The limits, before `THROTTLE_SCALE`. `client` stops spraying, `pair` stops guessing one account from
 * one place, `account` from many places. `pair_day` keeps one stranger from using up `account`
 * (NIST SP 800-63B-4 3.2.2: at most 100 failures). `session` limits confirmations in a live session:
 * failures elsewhere do not count there, so a stranger cannot keep a member from leaving. `device`
 * limits sign-ins on a device that is known to have signed in before. `mail` limits what one client has
 * sent, and `mail_to` what one address is sent on request. `notice` limits the notices to an address that
 * nobody has verified: it may be a stranger's.
 */
export const limits = {
  pair: { tries: 10, windowMs: 15 * minute },
  pair_day: { tries: 30, windowMs: 24 * 60 * minute },
  account: { tries: 100, windowMs: 24 * 60 * minute },
  client: { tries: 100, windowMs: 15 * minute },
  session: { tries: 10, windowMs: 15 * minute },
  session_day: { tries: 30, windowMs: 24 * 60 * minute },
  device: { tries: 10, windowMs: 15 * minute },
  device_day: { tries: 30, windowMs: 24 * 60 * minute },
  registration: { tries: 100, windowMs: 60 * minute },
  provider: { tries: 100, windowMs: 15 * minute },
  challenge: { tries: 300, windowMs: 15 * minute },
  passkey: { tries: 100, windowMs: 15 * minute },
  mail: { tries: 30, windowMs: 60 * minute },
  mail_to: { tries: 5, windowMs: 60 * minute },
  mail_to_day: { tries: 15, windowMs: 24 * 60 * minute },
  notice: { tries: 10, windowMs: 60 * minute },
  notice_day: { tries: 30, windowMs: 24 * 60 * minute },
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
 * A sign-in.
 *
 * @param account keyed hash of the login name
 * @param client keyed hash of the client's network
 * @param device id of a device on which this account has signed in before, or `null`. Its tries count
 *   only by device, so that strangers in the same network cannot lock it out (OWASP: Slow Down Online
 *   Guessing Attacks with Device Cookies)
 * @param scale `THROTTLE_SCALE`
 */
export function signInAttempt(
  account: string,
  client: string,
  device: string | null,
  scale: number,
): Attempt {
  if (device !== null) return twoLimits("device", `${account}:${device}`, scale);
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

/**
 * A confirmation in a live session.
 * @param session hash of the session's secret
 */
export function confirmationAttempt(session: string, scale: number): Attempt {
  return twoLimits("session", session, scale);
}

/** A try that counts only by its session or device, within minutes and within a day. */
function twoLimits(kind: "session" | "device", hash: string, scale: number): Attempt {
  const day = `${kind}_day` as const;
  return {
    id: newId(),
    subjects: [
      { subject: `${kind}:${hash}`, limit: scaled(limits[kind], scale), forgiven: true },
      { subject: `${day}:${hash}`, limit: scaled(limits[day], scale), forgiven: true },
    ],
  };
}

/** A registration. */
export function registrationAttempt(client: string, scale: number): Attempt {
  const limit = scaled(limits.registration, scale);
  return { id: newId(), subjects: [{ subject: `registration:${client}`, limit }] };
}

/** An answer that somebody brings from a provider. It makes us ask the provider. */
export function providerAttempt(client: string, scale: number): Attempt {
  const limit = scaled(limits.provider, scale);
  return { id: newId(), subjects: [{ subject: `provider:${client}`, limit }] };
}

/**
 * A challenge for a passkey, or a sign-in with one. Nobody can guess a signature: the limits bound what
 * strangers make the database store.
 * @param subject keyed hash of the client's network, or hash of the session's secret
 */
export function passkeyAttempt(
  kind: "challenge" | "passkey",
  subject: string,
  scale: number,
): Attempt {
  return {
    id: newId(),
    subjects: [{ subject: `${kind}:${subject}`, limit: scaled(limits[kind], scale) }],
  };
}

/**
 * A request to send a link by mail, by the client.
 * @param client keyed hash of the client's network
 */
export function mailAttempt(client: string, scale: number): Attempt {
  return {
    id: newId(),
    subjects: [{ subject: `mail:${client}`, limit: scaled(limits.mail, scale) }],
  };
}

/**
 * A mail that somebody asked for, by the address that it goes to.
 * @param inbox keyed hash of the inbox
 */
export function mailToAttempt(inbox: string, scale: number): Attempt {
  return {
    id: newId(),
    subjects: [
      { subject: `mail_to:${inbox}`, limit: scaled(limits.mail_to, scale) },
      { subject: `mail_to_day:${inbox}`, limit: scaled(limits.mail_to_day, scale) },
    ],
  };
}

/**
 * A notice to an address that nobody has verified.
 * @param inbox keyed hash of the inbox
 */
export function noticeAttempt(inbox: string, scale: number): Attempt {
  return {
    id: newId(),
    subjects: [
      { subject: `notice:${inbox}`, limit: scaled(limits.notice, scale) },
      { subject: `notice_day:${inbox}`, limit: scaled(limits.notice_day, scale) },
    ],
  };
}

/** How many tries each limit allows, by the word that its subjects begin with. */
export function triesAllowed(scale: number): [name: string, tries: number][] {
  return Object.entries(limits).map(([name, limit]) => [name, scaled(limit, scale).tries]);
}

function scaled(limit: Limit, scale: number): Limit {
  return { ...limit, tries: Math.max(1, Math.floor(limit.tries * scale)) };
}
