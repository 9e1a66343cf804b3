import { getLogger } from "@logtape/logtape";
import { write } from "../db/engine/batch.ts";
import type { Challenge } from "../db/identity/challenges.ts";
import type { PasskeyRecord } from "../db/identity/passkeys.ts";
import { AppError } from "../domain/error.ts";
import {
  type Assertion,
  challengeIn,
  type NewPasskey,
  type Purpose,
  type Registration,
  type RelyingParty,
  verifyAssertion,
  verifyRegistration,
} from "../domain/passkey.ts";
import type { Proof } from "../domain/proof.ts";
import { mailStatements } from "./mail.ts";
import type { Services } from "./services.ts";

const log = getLogger(["annyeong", "passkey"]);

/** A passkey that a member gives as a proof, and the service that it was given to. */
export interface GivenPasskey {
  passkey: Assertion;
  party: RelyingParty;
}

/**
 * Verifies an assertion. If the signature counter did not go up, it is accepted, and the member and the
 * operator are warned, because the authenticator may have been copied (WebAuthn Level 3, 6.1.1).
 * @param stored the passkey that the assertion names
 * @param challenge the challenge that the assertion names, or `null` if it does not work
 * @param boundTo what the challenge must be bound to
 * @param now ms
 * @returns the proof, or `null`
 * @throws `unavailable`
 */
export async function provePasskey(
  services: Services,
  { passkey, party }: GivenPasskey,
  stored: PasskeyRecord,
  challenge: Challenge | null,
  { purpose, boundTo }: { purpose: Purpose; boundTo: string | null },
  now: number,
): Promise<Extract<Proof, { by: "passkey" }> | null> {
  const memberId = stored.member.id;
  const named = challengeIn(passkey);
  const works = challenge !== null && challenge.boundTo === boundTo;
  const use = works && named !== null
    ? verifyAssertion(passkey, stored, named, party, purpose === "sign_in")
    : "challenge";
  if (typeof use === "string") {
    log.info("a passkey was refused", { why: use, purpose, memberId });
    return null;
  }
  if (use.counterWentBack) await warn(services, stored, now);
  const { counter, backedUp } = use;
  return {
    by: "passkey",
    credentialId: stored.credentialId,
    publicKey: stored.publicKey,
    use: { challenge: named!, purpose, counter, backedUp, at: now },
  };
}

/**
 * Verifies a registration.
 * @param challenge the challenge that the registration names, or `null` if it does not work
 * @param boundTo what the challenge must be bound to
 * @param handle that of the member's passkeys, if there are any. A challenge has one only for a first passkey
 * @throws `invalid`
 */
export function requirePasskey(
  { passkey, party }: { passkey: Registration; party: RelyingParty },
  challenge: Challenge | null,
  boundTo: string,
  handle: string | null = null,
): { passkey: NewPasskey; challenge: string; userHandle: string } {
  const named = challengeIn(passkey);
  const userHandle = challenge?.userHandle ?? handle;
  if (!named || !userHandle || challenge?.boundTo !== boundTo) {
    throw new AppError("invalid", { fields: { passkey: "expired" } });
  }
  const verified = verifyRegistration(passkey, named, party);
  if (typeof verified !== "string") {
    return { passkey: verified, challenge: named, userHandle };
  }
  log.info("a passkey was refused", { why: verified });
  throw new AppError("invalid", { fields: { passkey: "refused" } });
}

async function warn(services: Services, { id, member }: PasskeyRecord, now: number) {
  log.warn("the signature counter of a passkey did not go up: its authenticator may be copied", {
    memberId: member.id,
    passkey: id,
  });
  const always = { sql: "TRUE", values: {} };
  const mail = mailStatements(services, { kind: "passkey_counter", member }, now, always);
  if (mail.length > 0) await write(services.db, { mail });
}
