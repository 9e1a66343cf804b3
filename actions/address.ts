import { write } from "../db/engine/batch.ts";
import { selectAddressee, toAddressee } from "../db/identity/members.ts";
import { countAttempt, requireCounted } from "../db/session/attempts.ts";
import { findLink, type FoundLink, useAddressLink } from "../db/session/links.ts";
import { selectSession, type Session, toSession } from "../db/session/sessions.ts";
import { secretHash } from "../crypto/tokens.ts";
import { AppError } from "../domain/error.ts";
import { fold } from "../domain/member.ts";
import type { LinkPurpose } from "../domain/proof.ts";
import { requireMember } from "../domain/standing.ts";
import { mailAttempt } from "../domain/throttle.ts";
import { isFresh } from "../domain/withdrawal.ts";
import { countMailTo, linkMailStatements, requireMailIn } from "./link_mail.ts";
import { mailStatements } from "./mail.ts";
import type { Services } from "./services.ts";

/** The purposes of the links under `/verification`: they verify the address, or set the one they went to. */
const verifying = ["verification", "email"] as const satisfies LinkPurpose[];

/** A link that verifies, sets or restores an address. */
export type AddressLink = FoundLink & { address: string };

/**
 * Finds a link under `/verification`. One round trip. A link that was used is found for as long as the
 * address is the member's and verified, so that a repeated request is answered like the first one.
 * @param now ms
 * @throws `not_found` if the link is unknown, expired, or used up, `unavailable`
 */
export async function findVerification(
  services: Services,
  token: string,
  now: number,
): Promise<AddressLink> {
  return await find(services, verifying, token, now);
}

/** Finds a link under `/undo`, as `findVerification`. */
export async function findUndo(services: Services, token: string, now: number) {
  return await find(services, ["email_undo"], token, now);
}

async function find(
  { db }: Services,
  purposes: readonly LinkPurpose[],
  token: string,
  now: number,
): Promise<AddressLink> {
  const link = await findLink(db, purposes, token, now);
  if (!link || link.address === null) throw new AppError("not_found", { sentence: "link_over" });
  if (link.used && !(link.email === link.address && link.emailVerified)) {
    throw new AppError("not_found", { sentence: "link_over" });
  }
  return { ...link, address: link.address };
}

/**
 * Verifies an address with a link, or changes to it. Two round trips. A change is told to the old address,
 * with a link that undoes it.
 * @param now ms
 * @throws `not_found`, `conflict` if another member has verified the address, `unavailable`
 */
export async function verify(
  services: Services,
  token: string,
  now: number,
): Promise<AddressLink> {
  const link = await findVerification(services, token, now);
  return await use(services, link, token, null, now);
}

/**
 * Restores the address of before a change, and ends all other sessions. Otherwise as `verify`.
 * @param own the secret of the session that asks, if there is one
 */
export async function undo(
  services: Services,
  token: string,
  own: string | null,
  now: number,
): Promise<AddressLink> {
  const link = await findUndo(services, token, now);
  return await use(services, link, token, own, now);
}

async function use(
  services: Services,
  link: AddressLink,
  token: string,
  own: string | null,
  now: number,
): Promise<AddressLink> {
  if (link.used) return link;
  const used = await useAddressLink(services.db, link, token, own, now, (done) => {
    if (link.purpose !== "email" || fold(link.address) === fold(link.email)) return [];
    const member = { ...link, id: link.memberId };
    return linkMailStatements(services, { kind: "email_changed", member }, now, done);
  });
  if (!used) throw new AppError("conflict", { memberId: link.memberId });
  return link;
}

/** Where somebody in a live session asks for a mail. */
interface Asking {
  secret: string;
  /** Keyed hash of the client's network. */
  client: string;
}

/**
 * Mails the member the link that verifies the address again. Two round trips. Above the limits of the
 * address, and if it is verified already, nothing is sent.
 * @param now ms
 * @returns the member's id
 * @throws `unauthenticated`, `withdrawal_pending`, `not_found` if addresses are not verified, `throttled`,
 *   `unavailable`
 */
export async function askVerification(
  services: Services,
  asking: Asking,
  now: number,
): Promise<string> {
  const { config, db } = services;
  await requireMailIn(services, asking.secret, now);
  const { session } = await countAsking(services, asking, "", now);
  const { member } = session;
  if (config.emailVerification === "off") {
    throw new AppError("not_found", { memberId: member.id });
  }
  if (!member.emailVerified) {
    const { count, allowed } = countMailTo(services, member.email, now);
    const mail = { kind: "verification", member } as const;
    await write(db, { count, send: linkMailStatements(services, mail, now, allowed) });
  }
  return member.id;
}

/**
 * Mails a link to a new address, which changes to it. Two round trips. The answer is the same if another
 * member has verified the address: the owner is told instead.
 * @param now ms
 * @returns the member's id
 * @throws `unauthenticated`, `withdrawal_pending`, `confirmation_required` if the session is not fresh,
 *   `not_found` if mail is off, `throttled`, `unavailable`
 */
export async function askEmailChange(
  services: Services,
  asking: Asking & { email: string },
  now: number,
): Promise<string> {
  await requireMailIn(services, asking.secret, now);
  const { config, db } = services;
  const { email } = asking;
  const { session, holder } = await countAsking(services, asking, email, now);
  const { member } = session;
  if (!isFresh(session, config.withdrawal, now)) {
    throw new AppError("confirmation_required", { confirm: "password", memberId: member.id });
  }
  const { count, allowed } = countMailTo(services, email, now);
  const isFree = {
    sql: `${allowed.sql} AND EXISTS (
      SELECT 1 FROM sessions WHERE secret_hash = :asking AND expires_at > :link_now)`,
    values: { ...allowed.values, asking: secretHash(asking.secret) },
  };
  const change = { kind: "email_change", member, to: email } as const;
  const told = {
    sql: `${allowed.sql} AND EXISTS (
      SELECT 1 FROM users WHERE id = :holder AND email_verified_at IS NOT NULL)`,
    values: { ...allowed.values, holder: holder?.id ?? null },
  };
  const notice = { kind: "already_member", member: holder! } as const;
  await write(db, {
    count,
    send: linkMailStatements(services, change, now, isFree),
    tell: holder && holder.id !== member.id ? mailStatements(services, notice, now, told) : [],
  });
  return member.id;
}

/** Counts a request for a mail, and loads the session and the holder of an address. One round trip. */
async function countAsking(
  { config, db }: Services,
  { secret, client }: Asking,
  email: string,
  now: number,
) {
  const attempt = mailAttempt(client, config.throttleScale);
  const { counted, found, held } = await write(db, {
    counted: countAttempt(attempt, now, secretHash(secret)),
    found: selectSession(secret, now),
    held: selectAddressee({ text: email, only: "email" }),
  });
  const session: Session = requireMember(toSession(found));
  requireCounted(attempt, counted, now);
  return { session, holder: toAddressee(held) };
}
