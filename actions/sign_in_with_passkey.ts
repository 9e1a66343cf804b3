import { write } from "../db/engine/batch.ts";
import { selectChallenge, toChallenge } from "../db/identity/challenges.ts";
import { selectCredentials, toCredentials } from "../db/identity/credentials.ts";
import { memberOfPasskey, selectPasskey, toPasskey } from "../db/identity/passkeys.ts";
import { countAttempt, requireCounted } from "../db/session/attempts.ts";
import { AppError } from "../domain/error.ts";
import { challengeIn } from "../domain/passkey.ts";
import { passkeyAttempt } from "../domain/throttle.ts";
import { type Arrival, openSession, type SignedIn } from "./open_session.ts";
import { requireVerified } from "./sign_in.ts";
import type { Services } from "./services.ts";
import { type GivenPasskey, provePasskey } from "./verify_passkey.ts";

/** `secondWay`: the passkey was used for the first time, and the member has no other credential. */
export type SignedInWithPasskey = SignedIn & { secondWay: boolean };

/**
 * Signs a member in with a passkey, without a user id. Two round trips.
 * @param knowsDevice whether the member with this login name has signed in on the device before
 * @param now ms
 * @throws `invalid_credentials`, with `unknownPasskey` if no member has it; `unverified` if
 *   the address has to be verified first, after the link was mailed; `throttled`; `unavailable`
 */
export async function signInWithPasskey(
  services: Services,
  given: GivenPasskey,
  arrival: Arrival,
  knowsDevice: (name: string) => Promise<boolean>,
  now: number,
): Promise<SignedInWithPasskey> {
  const { config, db } = services;
  const attempt = passkeyAttempt("passkey", arrival.client, config.throttleScale);
  const { id } = given.passkey;
  const found = await write(db, {
    counted: countAttempt(attempt, now),
    challenge: selectChallenge(challengeIn(given.passkey), "sign_in", now),
    credentials: selectCredentials(memberOfPasskey(id)),
    passkey: selectPasskey(id),
  });
  requireCounted(attempt, found.counted, now);
  const stored = toPasskey(found.passkey);
  if (!stored) {
    throw new AppError("invalid_credentials", { sentence: "passkey_unknown", unknownPasskey: id });
  }
  const challenge = toChallenge(found.challenge);
  if (!challenge) throw new AppError("invalid_credentials", { sentence: "passkey_expired" });
  const issued = { purpose: "sign_in", boundTo: null } as const;
  const proof = await provePasskey(services, given, stored, challenge, issued, now);
  if (!proof) throw new AppError("invalid_credentials", { sentence: "passkey_refused" });

  const { member } = stored;
  await requireVerified(services, member, attempt, now);
  const newDeviceOf = await knowsDevice(member.name) ? null : member;
  const opening = { proof, member, attempt, newDeviceOf };
  const signedIn = await openSession(services, opening, arrival, now);
  const credentials = toCredentials(found.credentials.rows[0]!, config.providers);
  return { ...signedIn, secondWay: credentials.length === 1 && stored.lastUsedAt === null };
}
