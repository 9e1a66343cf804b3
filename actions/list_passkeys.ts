import { read } from "../db/engine/batch.ts";
import { type Passkey, selectPasskeys, toPasskeys } from "../db/identity/passkeys.ts";
import { memberOfSession, type Session } from "../db/session/sessions.ts";
import { selectStanding, toStanding } from "../db/session/standing.ts";
import { requireMember } from "../domain/standing.ts";
import { isFresh } from "../domain/withdrawal.ts";
import { requireStanding } from "./prove.ts";
import type { Services } from "./services.ts";

/** The member's passkeys, and what the page about them needs. */
export interface PasskeyList {
  session: Session;
  passkeys: Passkey[];
  /** The names of the member's credentials, strongest first. */
  credentials: string[];
  /** Whether the session may add and remove passkeys now. */
  fresh: boolean;
}

/**
 * Lists the member's passkeys, the oldest first. One round trip.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`, `withdrawal_pending`, `unavailable`
 */
export async function listPasskeys(
  { config, db }: Services,
  secret: string,
  now: number,
): Promise<PasskeyList> {
  const found = await read(db, {
    standing: selectStanding(secret, now),
    passkeys: selectPasskeys(memberOfSession(secret, now)),
  });
  const { session, credentials } = requireStanding(toStanding(found.standing, config.providers));
  requireMember(session);
  return {
    session,
    passkeys: toPasskeys(found.passkeys),
    credentials,
    fresh: isFresh(session, config.withdrawal, now),
  };
}
