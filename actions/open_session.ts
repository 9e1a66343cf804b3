import { nameHash } from "../crypto/identifiers.ts";
import { read, write } from "../db/engine/batch.ts";
import type { InStatement } from "../db/engine/database.ts";
import type { Fragment } from "../db/engine/source.ts";
import { type Addressee, selectUnverified, toAddressee } from "../db/identity/members.ts";
import { forgetAttempt } from "../db/session/attempts.ts";
import { type NewSession, openSession as open, opensUsedAccount } from "../db/session/sessions.ts";
import { deviceOf } from "../domain/device.ts";
import { AppError } from "../domain/error.ts";
import type { Proof } from "../domain/proof.ts";
import type { Attempt } from "../domain/throttle.ts";
import { countMailTo, linkMailStatements } from "./link_mail.ts";
import { mailStatements } from "./mail.ts";
import { makeSession } from "./make_session.ts";
import type { Services } from "./services.ts";

/** Where somebody signs in. */
export interface Arrival {
  /** Keyed hash of the client's network. */
  client: string;
  userAgent: string;
  /** Secret of the session that the client already has; that session ends. */
  previousSecret: string | null;
}

/** The new session and its member. */
export interface SignedIn {
  session: NewSession;
  member: { id: string; name: string };
  /** When a pending withdrawal will be carried out, ms. */
  eraseAt: number | null;
}

/**
 * Opens a session on a proof of any kind. One round trip.
 * @param member the member whom the proof is of
 * @param account keyed hash of what the member signed in with; default: of the login name
 * @param attempt the attempt that was counted
 * @param newDeviceOf the member, if they have not signed in on this device before: they are told by mail,
 *   unless the account is new
 * @param also makes further statements of the batch; `done` is SQL for whether the session is open
 * @param now ms
 * @throws `invalid_credentials` if the proof no longer holds; `unverified` if the address has to be verified
 *   first, after the link was mailed, with one or two more round trips; `unavailable`
 */
export async function openSession(
  services: Services,
  { proof, member, account, attempt, newDeviceOf = null, also = () => [] }: {
    proof: Proof;
    member: SignedIn["member"];
    newDeviceOf?: Addressee | null;
    account?: string;
    attempt: Attempt;
    also?: (done: Fragment) => InStatement[];
  },
  { client, userAgent, previousSecret }: Arrival,
  now: number,
): Promise<SignedIn> {
  const { config, db } = services;
  const session = makeSession(services, userAgent, now);
  const isOpen = {
    sql: "EXISTS (SELECT 1 FROM sessions WHERE id = :opened)",
    values: { opened: session.id },
  };
  const opening = {
    session,
    proof,
    previousSecret,
    attempt,
    account: account ?? nameHash(config.identifierKey, member.name),
    client,
    verifiedOnly: config.emailVerification === "required",
  };
  const tell = newDeviceOf
    ? mailStatements(
      services,
      { kind: "new_sign_in", member: newDeviceOf, details: { device: deviceOf(userAgent) } },
      now,
      opensUsedAccount(session.id, now),
    )
    : [];
  const opened = await open(db, { ...opening, also: [...also(isOpen), ...tell] });
  if (!opened) {
    if (opening.verifiedOnly) await refuseUnverified(services, member.id, attempt, now);
    throw new AppError("invalid_credentials");
  }
  return { session, member, eraseAt: opened.eraseAt };
}

/**
 * Mails the link again to a member whose address has to be verified before they can sign in. Does nothing if
 * it is verified.
 * @param attempt the attempt that was counted: what was given was right
 * @param now ms
 * @throws `unverified`, `unavailable`
 */
async function refuseUnverified(
  services: Services,
  memberId: string,
  attempt: Attempt,
  now: number,
): Promise<void> {
  const { found } = await read(services.db, { found: selectUnverified(memberId) });
  const member = toAddressee(found);
  if (member) await askToVerify(services, member, attempt, now);
}

/** Mails the link to verify the address, and throws `unverified`. One round trip. Throws `unavailable`. */
export async function askToVerify(
  services: Services,
  member: Addressee,
  attempt: Attempt,
  now: number,
): Promise<never> {
  const { count, allowed } = countMailTo(services, member.email, now);
  await write(services.db, {
    forget: forgetAttempt(attempt),
    count,
    send: linkMailStatements(services, { kind: "verification", member }, now, allowed),
  });
  throw new AppError("unverified", { memberId: member.id });
}
