import { newId } from "../crypto/tokens.ts";
import { read, write } from "../db/engine/batch.ts";
import { selectChallenge, spendChallenge, toChallenge } from "../db/identity/challenges.ts";
import {
  insertPasskey,
  type Passkey,
  selectPasskey,
  selectPasskeys,
  toPasskey,
  toPasskeys,
} from "../db/identity/passkeys.ts";
import { sessionSource } from "../db/session/sessions.ts";
import { selectStanding, toStanding } from "../db/session/standing.ts";
import { notPending } from "../db/leaving/pending.ts";
import { passkeyName } from "../domain/authenticators.ts";
import { AppError } from "../domain/error.ts";
import { challengeIn, type Registration, type RelyingParty } from "../domain/passkey.ts";
import { requireMember } from "../domain/standing.ts";
import { mailStatements } from "./mail.ts";
import { requireStanding } from "./prove.ts";
import { boundToSession, requireFresh } from "./passkey_options.ts";
import type { Services } from "./services.ts";
import { requirePasskey } from "./verify_passkey.ts";

/** A passkey that a member adds. */
export interface AddedPasskey {
  passkey: Registration;
  party: RelyingParty;
  /** The member's name for it; otherwise that of device and authenticator. */
  name: string | undefined;
  userAgent: string;
}

/**
 * Adds a passkey to the member of a fresh session. Two round trips.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`, `withdrawal_pending`, `confirmation_required` if the session is not fresh,
 *   `invalid` if the challenge or the registration is wrong, `conflict` if a member has this passkey,
 *   `unavailable`
 */
export async function addPasskey(
  services: Services,
  secret: string,
  form: AddedPasskey,
  now: number,
): Promise<{ passkey: Passkey; memberId: string }> {
  const { config, db } = services;
  const loaded = await read(db, {
    standing: selectStanding(secret, now),
    challenge: selectChallenge(challengeIn(form.passkey), "add", now),
    passkey: selectPasskey(form.passkey.id),
  });
  const { session, handle } = requireStanding(toStanding(loaded.standing, config.providers));
  requireMember(session);
  requireFresh(services, session, now);
  const { member } = session;
  const challenge = toChallenge(loaded.challenge);
  const given = requirePasskey(form, challenge, boundToSession(session), handle);
  const taken = new AppError("conflict", { sentence: "passkey_taken", memberId: member.id });
  if (toPasskey(loaded.passkey)) throw taken;

  const { spend, spent } = spendChallenge(given.challenge, "add", now);
  const source = sessionSource(secret, now - config.withdrawal.freshMs, null);
  const guarded = {
    from: source.from,
    where: `${source.where} AND ${notPending}`,
    values: { ...source.values, now },
  };
  const name = form.name ?? passkeyName(given.passkey, form.userAgent);
  const terms = { id: newId(), userHandle: given.userHandle, name, createdAt: now };
  const isAdded = {
    sql: "EXISTS (SELECT 1 FROM passkeys WHERE id = :added)",
    values: { added: terms.id },
  };
  const { added } = await write(db, {
    spend,
    add: insertPasskey(guarded, given.passkey, terms, spent),
    mail: mailStatements(services, { kind: "passkey_added", member }, now, isAdded),
    added: selectPasskeys({
      sql: "(SELECT user_id FROM passkeys WHERE id = :added)",
      values: isAdded.values,
    }),
  });
  const passkey = toPasskeys(added).find(({ id }) => id === terms.id);
  if (!passkey) throw taken;
  return { passkey, memberId: member.id };
}
