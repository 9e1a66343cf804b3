import { newId } from "../crypto/tokens.ts";
import { rehearse } from "../db/leaving/erase.ts";
import { byOperator, ofMember } from "../db/leaving/initiator.ts";
import type { Obstacle } from "../db/leaving/obstacle.ts";
import { type PreviewLine, previewWithdrawal as preview } from "../db/leaving/withdrawals.ts";
import { selectHeld } from "../db/session/identities.ts";
import { type FoundLink, memberOfLink, selectLink, toLink } from "../db/session/links.ts";
import { memberOfSession, type Session } from "../db/session/sessions.ts";
import { selectStanding, toStanding } from "../db/session/standing.ts";
import type { Asked } from "../domain/confirmation.ts";
import { AppError } from "../domain/error.ts";
import { askedFor } from "../domain/withdrawal.ts";
import { requireStanding } from "./prove.ts";
import type { Services } from "./services.ts";

/** What a withdrawal would do now, and what it asks for. */
export interface Preview {
  session: Session;
  /** What the member must give to confirm the withdrawal. */
  confirm: Asked;
  /** The credentials that the member can confirm with, strongest first. */
  confirmWith: string[];
  /** The grants at providers. `ready`: leaving can end it without the member. */
  grants: { name: string; ready: boolean }[];
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
  const beside = [selectStanding(secret, now), selectHeld(member)];
  const found = await preview(db, inventory, member, beside, now);
  const standing = requireStanding(toStanding(found.beside[0]!, config.providers));
  const { session, credentials: confirmWith, confirmed } = standing;
  const hasAdminKey = (name: string) =>
    config.providers.some((one) => one.name === name && one.adminKey !== null);
  return {
    session,
    confirm: askedFor(session, confirmWith, config.withdrawal, now, confirmed),
    confirmWith,
    grants: found.beside[1]!.rows.map(({ provider, held }) => {
      const name = String(provider);
      return { name, ready: held === 1 || hasAdminKey(name) };
    }),
    lines: found.lines,
    obstacle: session.eraseAt === null && found.canBeBlocked
      ? await obstacleOf(services, session.member.id, now)
      : null,
  };
}

/**
 * Previews a withdrawal by link. One or two round trips, as `previewWithdrawal`. The link itself is the
 * proof, so nothing is asked for.
 * @param now ms
 * @throws `not_found` if the link is unknown, used or expired, `unavailable`
 */
export async function previewByLink(
  services: Services,
  token: string,
  now: number,
): Promise<Omit<Preview, "session"> & { link: FoundLink }> {
  const { db, inventory } = services;
  const beside = [selectLink(["recovery"], token, now)];
  const found = await preview(db, inventory, memberOfLink(token, now), beside, now);
  const link = toLink(found.beside[0]!);
  if (!link || link.used) throw new AppError("not_found", { sentence: "link_over" });
  return {
    link,
    confirm: "session",
    confirmWith: [],
    grants: [],
    lines: found.lines,
    obstacle: link.eraseAt === null && found.canBeBlocked
      ? await obstacleOf(services, link.memberId, now)
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
