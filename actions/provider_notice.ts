import { getLogger } from "@logtape/logtape";
import type { ProviderConfig } from "../config/mod.ts";
import { write } from "../db/engine/batch.ts";
import { endIdentity, findOwner } from "../db/identity/identities.ts";
import { proofSource } from "../db/identity/proofs.ts";
import { byMember } from "../db/leaving/initiator.ts";
import { settleGrantEndedThere } from "../db/outbox/grants.ts";
import { endSessionsOf, voidLinksOf } from "../db/session/end.ts";
import { AppError, causesOf } from "../domain/error.ts";
import { clockToleranceMs } from "../domain/provider.ts";
import {
  NotAuthentic,
  type Posted,
  type ProviderNotice,
  readNotice,
} from "../providers/notices.ts";
import { mailStatements } from "./mail.ts";
import type { Services } from "./services.ts";
import { leave } from "./withdraw.ts";

const log = getLogger(["annyeong", "providers"]);

/**
 * Acts on a notice of a provider: ends the identity here, or the member's sessions. By `on_unlink` the
 * member leaves as well. A notice may arrive twice.
 * @param now ms
 * @returns the member's id, or `null` if the notice is about nobody
 * @throws `invalid` if the notice is not the provider's; `provider_failed` if its keys cannot be read;
 *   `unavailable`
 */
export async function takeNotice(
  services: Services,
  provider: ProviderConfig,
  posted: Posted,
  now: number,
): Promise<string | null> {
  const notice = await readNotice(provider, posted, now).catch((cause) => {
    if (cause instanceof NotAuthentic) throw new AppError("invalid", { fields: {}, cause });
    throw new AppError("provider_failed", { cause });
  });
  if (!notice) return null;
  const member = await findOwner(services.db, notice);
  if (!member || member.linkedAt > notice.at) return null;
  const leaves = notice.ends === "identity" && provider.onUnlink === "leave";
  if (leaves && await hasLeft(services, notice, member, now)) return member.id;
  const unlinked = {
    kind: "provider_unlinked",
    member,
    details: { provider: provider.name },
  } as const;
  await write(services.db, {
    also: notice.ends === "identity"
      ? mailStatements(services, unlinked, now, {
        sql: "EXISTS (SELECT 1 FROM identities WHERE id = :unlinked)",
        values: { unlinked: member.identityId },
      })
      : [],
    signOut: notice.ends === "identity"
      ? { sql: endSessionsOf("?"), args: [member.id] }
      // A notice that arrives again does not end the sessions that have begun since.
      : {
        sql: `${endSessionsOf("?")} AND created_at <= ?`,
        args: [member.id, notice.at + clockToleranceMs],
      },
    end: notice.ends === "identity" ? [endIdentity(member.identityId)] : [],
  });
  return member.id;
}

/** Erases or schedules. False: something is in the way, or a withdrawal is pending already. */
async function hasLeft(
  services: Services,
  { issuer, subject }: ProviderNotice,
  member: { id: string; identityId: string; name: string; email: string },
  now: number,
): Promise<boolean> {
  const { config, db, inventory } = services;
  const source = proofSource({ by: "provider", issuer, subject });
  const initiator = byMember(inventory.subject, source);
  const { graceMs } = config.withdrawal;
  const eraseAt = graceMs > 0 ? now + graceMs : null;
  const signOut = [endSessionsOf, voidLinksOf];
  try {
    const left = await leave(services, initiator, member, eraseAt, {}, signOut, now);
    if (left?.status === "erased") {
      await write(db, { settle: settleGrantEndedThere(member.identityId, now) });
    }
    return left?.status === "erased";
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "conflict") throw error;
    log.warn("a member whom a provider has unlinked could not leave", {
      member: member.id,
      causes: causesOf(error),
    });
    return false;
  }
}
