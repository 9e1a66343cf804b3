import { rejoinTerms } from "../crypto/identifiers.ts";
import { erase } from "../db/leaving/erase.ts";
import type { Initiator } from "../db/leaving/initiator.ts";
import type { AuditEntry } from "../db/operate/audit.ts";
import type { Member } from "../domain/member.ts";
import type { Receipt } from "../domain/receipt.ts";
import type { Reason } from "../domain/withdrawal.ts";
import type { Services } from "./services.ts";

export interface Erasure {
  initiator: Initiator;
  member: Pick<Member, "name" | "email">;
  receiptId: string;
  /** ms */
  now: number;
  reason?: Reason | null;
  /** An operator's act. */
  audit?: AuditEntry;
  /** When a rejoin block begins, ms; `now` unless an earlier erasure is repeated; `null`: without one. */
  blockedFrom?: number | null;
}

/**
 * Erases a member under the terms of the configuration. The one place where these terms are assembled.
 * The caller empties the log (`Database.truncateLog`), because one truncation can serve many erasures.
 * @returns the receipt, or `null` when the initiator does not hold (any more)
 * @throws `unavailable`, `conflict`: nothing has changed then, unless the answer was lost
 */
export async function eraseMember(
  { config, db, inventory }: Services,
  { initiator, member, receiptId, now, reason = null, audit, blockedFrom = now }: Erasure,
): Promise<Receipt | null> {
  return await erase(db, inventory, initiator, {
    now,
    receiptId,
    reason,
    backupDays: config.withdrawal.backupDays,
    recipients: config.recipients,
    rejoin: blockedFrom === null ? null : rejoinTerms(config, member, blockedFrom),
    ...(audit && { audit }),
  });
}
