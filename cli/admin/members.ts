/** One member: find, erase, restore, sign out, let back in. */
import { findMember } from "../../db/identity/members.ts";
import { erase } from "../../db/leaving/erase.ts";
import { listPending, restoreById } from "../../db/leaving/withdrawals.ts";
import { createRecovery } from "../../db/session/links.ts";
import { endSessionsOf } from "../../db/session/sessions.ts";
import { rejoinTerms } from "../../crypto/identifiers.ts";
import { newId, newSecret } from "../../crypto/tokens.ts";
import type { Table } from "../table.ts";
import { type Call, type Command, nobody, Refusal, rowsShown } from "./command.ts";

export const memberCommands: Record<string, Command> = {
  find: {
    argument: "ID, NAME or E-MAIL",
    about: "find a member",
    run: async ({ services, argument }) => await findMember(services.db, argument),
  },
  pending: {
    argument: null,
    about: "who is about to leave, by deadline",
    run: async ({ services }) => await listPending(services.db, rowsShown),
  },
  erase: {
    argument: "MEMBER-ID",
    about: "erase a member now",
    acts: true,
    final: true,
    run: eraseNow,
  },
  restore: {
    argument: "MEMBER-ID",
    about: "take a pending withdrawal back",
    acts: true,
    run: restore,
  },
  "end-sessions": {
    argument: "MEMBER-ID",
    about: "sign a member out everywhere",
    acts: true,
    run: endSessions,
  },
  recovery: {
    argument: "MEMBER-ID",
    about: "a link for a member who proved who they are; works once, 30 minutes",
    acts: true,
    run: recoveryLink,
  },
};

async function eraseNow({ services, argument, audit }: Call): Promise<Table> {
  const { config, db, inventory } = services;
  const now = services.now();
  const [member] = await findMember(db, argument);
  if (!member || member.id !== argument) throw new Refusal(nobody);
  const identifiers = { name: String(member.name), email: String(member.email) };
  const receipt = await erase(db, inventory, { by: "member", memberId: argument }, {
    now,
    receiptId: newId(),
    backupDays: config.withdrawal.backupDays,
    recipients: config.recipients,
    rejoin: rejoinTerms(config, identifiers, now),
    reason: null,
    audit: audit(argument),
  });
  if (!receipt) throw new Refusal("somebody else erased this member just now");
  await db.truncateLog();
  return [{ receipt_id: receipt.receiptId }];
}

async function restore({ services, argument, audit }: Call): Promise<Table> {
  const now = services.now();
  const { recipients } = services.config;
  const restored = await restoreById(services.db, argument, recipients, now, audit(argument));
  if (!restored) throw new Refusal("nothing is pending, or the deadline has passed");
  return [{ restored: argument }];
}

async function endSessions({ services, argument, audit }: Call): Promise<Table> {
  const { db, now } = services;
  if (!await endSessionsOf(db, argument, now(), audit(argument))) throw new Refusal(nobody);
  return [{ signed_out: argument }];
}

async function recoveryLink({ services, argument, audit }: Call): Promise<Table> {
  const { publicOrigin } = services.config;
  const token = newSecret();
  const made = await createRecovery(
    services.db,
    argument,
    token,
    services.now(),
    audit(argument),
  );
  if (!made) throw new Refusal(nobody);
  return [{ link: `${publicOrigin ?? "http://127.0.0.1:8000"}/recovery/${token}` }];
}
