import { getLogger } from "@logtape/logtape";
import { type Blocked, rejoinTerms } from "../crypto/identifiers.ts";
import { findIdentities } from "../db/identity/identities.ts";
import { sealText } from "../crypto/sealed_text.ts";
import { newId } from "../crypto/tokens.ts";
import { erase } from "../db/leaving/erase.ts";
import type { Initiator } from "../db/leaving/initiator.ts";
import type { Addressee } from "../db/identity/members.ts";
import { endHeldGrants, type HeldGrant } from "../db/outbox/grants.ts";
import type { MailCondition } from "../db/outbox/mails.ts";
import type { AuditEntry } from "../db/operate/audit.ts";
import { causesOf } from "../domain/error.ts";
import type { Ending } from "../domain/provider.ts";
import type { Receipt } from "../domain/receipt.ts";
import type { Reason } from "../domain/withdrawal.ts";
import { mailStatements } from "./mail.ts";
import { vouchedFor } from "./providers.ts";
import type { Erasing, Services } from "./services.ts";

const log = getLogger(["annyeong", "leaving"]);

/** Whom to erase, and on whose initiative. */
export interface Erasure {
  initiator: Initiator;
  member: Blocked & { id: string };
  receiptId: string;
  /** ms */
  now: number;
  reason?: Reason | null;
  /** Who is told by mail that the account is gone. Absent: nobody, as when an erasure is repeated. */
  tell?: Addressee | null;
  /** Written to the audit log, for an erasure by an operator. */
  audit?: AuditEntry;
  /** When the rejoin block begins, ms. Default: `now`. Earlier when an erasure is repeated; `null`: no block. */
  blockedFrom?: number | null;
}

/**
 * Erases a member under the configured terms. Every erasure goes through this function.
 * The caller truncates the write-ahead log afterwards (`Database.truncateLog`), because one truncation
 * serves many erasures.
 * @returns the receipt, or `null` if the initiator's condition does not hold
 * @throws `unavailable`, `conflict`. Nothing has changed then, unless the answer was lost.
 */
export async function eraseMember(
  services: Services,
  { initiator, member, receiptId, now, reason = null, tell, audit, blockedFrom = now }: Erasure,
): Promise<Receipt | null> {
  const { config, db, inventory, erasing } = services;
  const grants = inventory.subject.isOwn ? await grantsOf(services, member) : null;
  const app = await erasing?.(member.id);
  const held = sealed(services, app?.grants ?? []);
  const receipt = await erase(db, inventory, initiator, {
    now,
    receiptId,
    reason,
    backupDays: config.withdrawal.backupDays,
    recipients: config.recipients,
    rejoin: blockedFrom === null ? null : rejoinTerms(config, member, blockedFrom),
    ...(grants && { grants }),
    ...(audit && { audit }),
    also: (done: MailCondition) => [
      ...tell ? mailStatements(services, { kind: "erased", member: tell }, now, done) : [],
      ...held.length > 0 ? [endHeldGrants(done, member.id, held, now)] : [],
    ],
  });
  if (receipt) {
    await app?.erased?.().catch((error) =>
      log.error("the app failed after an erasure", { causes: causesOf(error) })
    );
  }
  return receipt;
}

/** Seals what an app has stored of its members' grants, where the provider is configured. */
function sealed({ config }: Services, grants: NonNullable<Erasing["grants"]>): HeldGrant[] {
  const names = new Set(config.providers.map(({ name }) => name));
  return grants.filter(({ provider }) => names.has(provider)).map(({ provider, tokens }) => {
    const id = newId();
    const ending: Ending = { tokens };
    return { id, provider, sealed: sealText(config.sessionSecrets, id, JSON.stringify(ending)) };
  });
}

/** What ends the member's grants without a token. It costs a round trip only where an admin key is configured. */
async function grantsOf(services: Services, member: Blocked) {
  const { providers } = services.config;
  if (providers.length === 0) return null;
  if (providers.every(({ adminKey }) => adminKey === null)) return {};
  return vouchedFor(services, await findIdentities(services.db, member.name));
}
