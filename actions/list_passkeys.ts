import { read } from "../db/engine/batch.ts";
import { selectCredentials, toCredentials } from "../db/identity/credentials.ts";
import { type Passkey, selectPasskeys, toPasskeys } from "../db/identity/passkeys.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../db/session/sessions.ts";
import { requireMember } from "../domain/standing.ts";
import { isFresh } from "../domain/withdrawal.ts";
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
  const member = memberOfSession(secret, now);
  const found = await read(db, {
    session: selectSession(secret, now),
    passkeys: selectPasskeys(member),
    credentials: selectCredentials(member),
  });
  const session = requireMember(toSession(found.session));
  return {
    session,
    passkeys: toPasskeys(found.passkeys),
    credentials: toCredentials(found.credentials, config.providers),
    fresh: isFresh(session, config.withdrawal, now),
  };
}
