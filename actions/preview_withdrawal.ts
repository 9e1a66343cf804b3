import { newId } from "../crypto/tokens.ts";
import { selectCredentials, toCredentials } from "../db/identity/credentials.ts";
import { rehearse } from "../db/leaving/erase.ts";
import { byOperator, ofMember } from "../db/leaving/initiator.ts";
import type { Obstacle } from "../db/leaving/obstacle.ts";
import { type PreviewLine, previewWithdrawal as preview } from "../db/leaving/withdrawals.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../db/session/sessions.ts";
import type { Asked } from "../domain/confirmation.ts";
import { AppError } from "../domain/error.ts";
import { requireSession } from "../domain/standing.ts";
import { askedFor } from "../domain/withdrawal.ts";
import { findRecovery } from "./recover.ts";
import type { Services } from "./services.ts";

/** What a withdrawal would do now, and what it asks for. */
export interface Preview {
  session: Session;
  /** What the member must give to confirm the withdrawal. */
  confirm: Asked;
  /** The credentials that the member can confirm with, strongest first. */
  confirmWith: string[];
  lines: PreviewLine[];
  /** What would make the withdrawal fail now. */
  obstacle: Obstacle | null;
}

/**
 * Previews a withdrawal. One round trip, and a second one if the schema has something that can block an
 * erasure: a trigger, a foreign key that does not cascade, or an anonymised table.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`, `unavailable`
 */
export async function previewWithdrawal(
  services: Services,
  secret: string,
  now: number,
): Promise<Preview> {
  const { config, db, inventory } = services;
  const member = memberOfSession(secret, now);
  const beside = [selectSession(secret, now), selectCredentials(member)];
  const found = await preview(db, inventory, member, beside, now);
  const session = requireSession(toSession(found.beside[0]!));
  const confirmWith = toCredentials(found.beside[1]!);
  return {
    session,
    confirm: askedFor(session, confirmWith, config.withdrawal, now),
    confirmWith,
    lines: found.lines,
    obstacle: session.eraseAt === null && found.canBeBlocked
      ? await obstacleOf(services, session.member.id, now)
      : null,
  };
}

/** Rehearses the erasure of a member. Returns `null` if nothing blocks it, or if the database cannot be written. */
export async function obstacleOf(
  { db, inventory }: Services,
  memberId: string,
  now: number,
): Promise<Obstacle | null> {
  const initiator = byOperator(inventory.subject, ofMember(inventory.subject, memberId));
  const nothing = { backupDays: null, recipients: [], rejoin: null, reason: null };
  const terms = { now, receiptId: newId(), ...nothing };
  return await rehearse(db, inventory, initiator, terms).catch((error) => {
    if (error instanceof AppError) return null;
    throw error;
  });
}

/**
 * Previews the withdrawal that a link leads to. Two round trips, or three, as above.
 * @param now ms
 * @throws `not_found` if the link is unknown, used or expired; `unavailable`
 */
export async function previewByLink(services: Services, token: string, now: number) {
  const { db, inventory } = services;
  const link = await findRecovery(services, token, now);
  const member = { sql: ":member_id", values: { member_id: link.memberId } };
  const { lines, canBeBlocked } = await preview(db, inventory, member, [], now);
  const canLeave = link.eraseAt === null;
  const obstacle = canLeave && canBeBlocked ? await obstacleOf(services, link.memberId, now) : null;
  return {
    link,
    lines,
    obstacle,
    eraseAt: link.eraseAt,
    confirm: "session" as const,
    confirmWith: [],
  };
}
