/** One member: find, erase, restore, sign out, let back in. */
import { copyLedger } from "../../actions/copy_ledger.ts";
import { eraseMember } from "../../actions/erase_member.ts";
import { makeRecoveryLink } from "../../actions/recover.ts";
import type { Services } from "../../actions/services.ts";
import { restoreByOperator } from "../../actions/restore.ts";
import { unblock } from "../../actions/unblock.ts";
import { newId } from "../../crypto/tokens.ts";
import { findAddressee, findMember } from "../../db/identity/members.ts";
import { byOperator, ofMember } from "../../db/leaving/initiator.ts";
import { findSubject } from "../../db/leaving/standing.ts";
import { listPending } from "../../db/leaving/withdrawals.ts";
import { signOutMember } from "../../db/session/sessions.ts";
import type { Table } from "../table.ts";
import { type Call, type Command, nobody, Refusal, rowsShown } from "./command.ts";

export const memberCommands: Record<string, Command> = {
  find: {
    argument: "ID, NAME or E-MAIL",
    about: "find a member",
    run: find,
  },
  pending: {
    argument: null,
    about: "who is about to leave, by deadline",
    run: async ({ services }) => await listPending(services.db, rowsShown),
  },
  erase: {
    argument: "MEMBER-ID",
    about: "erase a member now; --no-block lets the name and the address join again at once",
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
    own: true,
    run: endSessions,
  },
  unblock: {
    argument: "NAME or E-MAIL",
    about: "lift the rejoin block of a name or an address",
    acts: true,
    run: liftBlock,
  },
  recovery: {
    argument: "MEMBER-ID",
    about: "a link for a member who proved who they are; works once, 30 minutes",
    acts: true,
    own: true,
    run: recoveryLink,
  },
};

async function find({ services, argument }: Call): Promise<Table> {
  const { db, inventory } = services;
  if (inventory.subject.isOwn) return await findMember(db, argument);
  const found = await findSubject(db, inventory.subject, argument);
  return found
    ? [{ id: found.id, name: found.name, email: found.email, erase_at: found.eraseAt }]
    : [];
}

/** Whom to erase. Throws `Refusal` if nobody has this id. */
async function memberOf({ db, inventory }: Services, id: string) {
  if (!inventory.subject.isOwn) {
    const found = await findSubject(db, inventory.subject, id);
    if (found?.id !== id) throw new Refusal(nobody);
    return { identifiers: { id, name: found.name, email: found.email }, addressee: null };
  }
  const [member] = await findMember(db, id);
  if (!member || member.id !== id) throw new Refusal(nobody);
  const identifiers = {
    id,
    name: String(member.name),
    email: String(member.email),
    emailVerified: member.email_verified_at !== null,
  };
  return { identifiers, addressee: await findAddressee(db, id) };
}

async function eraseNow({ services, argument, withoutBlock, audit }: Call): Promise<Table> {
  const { db, inventory } = services;
  const { identifiers, addressee } = await memberOf(services, argument);
  const receipt = await eraseMember(services, {
    initiator: byOperator(inventory.subject, ofMember(inventory.subject, argument)),
    member: identifiers,
    ...(addressee && { tell: addressee }),
    receiptId: newId(),
    now: services.now(),
    audit: audit(argument),
    ...(withoutBlock && { blockedFrom: null }),
  });
  if (!receipt) throw new Refusal("somebody else erased this member just now");
  await Promise.all([db.truncateLog(), copyLedger(services)]);
  return [{ receipt_id: receipt.receiptId }];
}

async function liftBlock({ services, argument, audit }: Call): Promise<Table> {
  const lifted = await unblock(services, argument, audit(null), services.now());
  if (lifted === 0) throw new Refusal("no rejoin block is stored for this name or address");
  return [{ lifted }];
}

async function restore({ services, argument, audit }: Call): Promise<Table> {
  const restored = await restoreByOperator(services, argument, audit(argument), services.now());
  if (!restored) throw new Refusal("nothing is pending, or the deadline has passed");
  return [{ restored: argument }];
}

async function endSessions({ services, argument, audit }: Call): Promise<Table> {
  const { db, now } = services;
  if (!await signOutMember(db, argument, now(), audit(argument))) throw new Refusal(nobody);
  return [{ signed_out: argument }];
}

async function recoveryLink({ services, argument, audit }: Call): Promise<Table> {
  const { publicOrigin } = services.config;
  const token = await makeRecoveryLink(services, argument, audit(argument), services.now());
  if (token === null) throw new Refusal(nobody);
  return [{ link: `${publicOrigin ?? "http://127.0.0.1:8000"}/recovery/${token}` }];
}
