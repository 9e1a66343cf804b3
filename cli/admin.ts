/** `deno task admin COMMAND`: what an operator needs. Acts are written to the audit log: see docs/operating.md. */
import { parseArgs } from "node:util";
import { compactVerify, createLocalJWKSet } from "jose";
import type { Services } from "../actions/services.ts";
import { type AuditEntry, insertAudit, listAudit } from "../db/operate/audit.ts";
import { listDeliveries, reviveDeliveries } from "../db/outbox/deliveries.ts";
import { eraseMember } from "../actions/erase_member.ts";
import { makeRecoveryLink } from "../actions/recover.ts";
import { restoreByOperator } from "../actions/restore.ts";
import { proofSource } from "../db/identity/proofs.ts";
import { byOperator } from "../db/leaving/initiator.ts";
import { findMember } from "../db/identity/members.ts";
import { signOutMember } from "../db/session/sessions.ts";
import { countReasons } from "../db/leaving/reasons.ts";
import { listPending } from "../db/leaving/withdrawals.ts";
import { AppError, causesOf } from "../domain/error.ts";
import { newId } from "../crypto/tokens.ts";
import { openOnDeno, type Parts } from "../runtime/mod.ts";
import { print, type Table } from "./table.ts";

const rowsShown = 1000;

interface Call {
  services: Services;
  /** What the command was given. */
  argument: string;
  audit(act: string, memberId: string | null): AuditEntry;
}

interface Command {
  argument: string | null;
  about: string;
  /** An act needs `--why`, and is written to the audit log. */
  acts?: true;
  /** It cannot be undone, so it is asked for once more. */
  final?: true;
  run(call: Call): Promise<Table>;
}

const commands: Record<string, Command> = {
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
    run: async ({ services: { db, now }, argument, audit }) => {
      const entry = audit("end-sessions", argument);
      if (!await signOutMember(db, argument, now(), entry)) throw new Refusal(nobody);
      return [{ signed_out: argument }];
    },
  },
  recovery: {
    argument: "MEMBER-ID",
    about:
      "a link for a member who forgot the password and proved who they are; works once, 30 minutes",
    acts: true,
    run: recoveryLink,
  },
  deliveries: {
    argument: "waiting, given_up or refused",
    about: "what recipients have not confirmed",
    run: async ({ services, argument }) => await listDeliveries(services.db, argument, rowsShown),
  },
  revive: {
    argument: "DELIVERY-ID or all",
    about: "send again what was given up or refused",
    acts: true,
    run: async ({ services: { db, now }, argument, audit }) => {
      const id = argument === "all" ? null : argument;
      const line = insertAudit(audit("revive", null), now());
      return [{ waiting_again: await reviveDeliveries(db, id, now(), line) }];
    },
  },
  reasons: {
    argument: null,
    about: "why members left, by month",
    run: async ({ services }) => await countReasons(services.db),
  },
  receipt: {
    argument: "FILE",
    about: "verify a receipt with the published keys",
    run: verifyReceipt,
  },
  audit: {
    argument: null,
    about: "what operators did, the newest first",
    run: async ({ services }) => await listAudit(services.db, rowsShown),
  },
};

class Refusal extends Error {}
const nobody = "no member has this id";

async function eraseNow({ services, argument, audit }: Call): Promise<Table> {
  const { db } = services;
  const [member] = await findMember(db, argument);
  if (!member || member.id !== argument) throw new Refusal(nobody);
  const identifiers = { name: String(member.name), email: String(member.email) };
  const receipt = await eraseMember(services, {
    initiator: byOperator(proofSource({ by: "operator", memberId: argument })),
    member: identifiers,
    receiptId: newId(),
    now: services.now(),
    audit: audit("erase", argument),
  });
  if (!receipt) throw new Refusal("somebody else erased this member just now");
  await db.truncateLog();
  return [{ receipt_id: receipt.receiptId }];
}

async function restore({ services, argument, audit }: Call): Promise<Table> {
  const entry = audit("restore", argument);
  const restored = await restoreByOperator(services, argument, entry, services.now());
  if (!restored) throw new Refusal("nothing is pending, or the deadline has passed");
  return [{ restored: argument }];
}

async function recoveryLink({ services, argument, audit }: Call): Promise<Table> {
  const { publicOrigin } = services.config;
  const entry = audit("recovery", argument);
  const token = await makeRecoveryLink(services, argument, entry, services.now());
  if (token === null) throw new Refusal(nobody);
  return [{ link: `${publicOrigin ?? "http://127.0.0.1:8000"}/recovery/${token}` }];
}

async function verifyReceipt({ services, argument }: Call): Promise<Table> {
  const jws = await Deno.readTextFile(argument).then((text) => text.trim(), () => {
    throw new Refusal("this file cannot be read");
  });
  const keys = createLocalJWKSet({ keys: [...services.receiptKeys.jwks.keys] });
  try {
    const { payload, protectedHeader } = await compactVerify(jws, keys);
    const { iss, jti, iat } = JSON.parse(new TextDecoder().decode(payload));
    const erased_at = new Date(iat * 1000).toISOString();
    return [{
      verified: "yes",
      receipt_id: jti,
      erased_at,
      issuer: iss,
      key: protectedHeader.kid ?? "",
    }];
  } catch {
    throw new Refusal("this receipt does not verify with any of our keys");
  }
}

/** Wrong words end here, before anything is opened. */
function usage(): never {
  console.error("usage: admin COMMAND [--json] [--by WHO] [--why REASON] [--yes]\n");
  for (const [name, { argument, about, acts }] of Object.entries(commands)) {
    console.error(
      `  ${`${name} ${argument ?? ""}`.padEnd(38)} ${about}${acts ? " (needs --why)" : ""}`,
    );
  }
  Deno.exit(2);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: "boolean" },
        yes: { type: "boolean" },
        by: { type: "string" },
        why: { type: "string" },
      },
    });
  } catch {
    return usage();
  }
}

/** Ends the process where the words are wrong. */
export async function admin(args: readonly string[], parts?: Parts): Promise<void> {
  const { values, positionals } = parse(args);
  const [name = "", argument = "", ...rest] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name]! : usage();
  if (rest.length > 0 || (command.argument !== null) !== (argument !== "")) usage();
  if (command.acts && !values.why) usage();
  if (
    command.final && !values.yes && !confirm(`${name} ${argument}: this cannot be undone. Go on?`)
  ) {
    console.error("nothing was done");
    Deno.exit(1);
  }
  if (name === "deliveries" && !["waiting", "given_up", "refused"].includes(argument)) usage();
  const services = await openOnDeno(parts);
  const audit = (act: string, memberId: string | null): AuditEntry => ({
    operator: values.by ?? Deno.env.get("USER") ?? "unknown",
    host: Deno.hostname(),
    act,
    memberId,
    why: values.why ?? "",
  });
  try {
    print(await command.run({ services, argument, audit }), values.json ?? false);
  } catch (error) {
    if (!(error instanceof Refusal) && !(error instanceof AppError)) throw error;
    console.error(error instanceof Refusal ? error.message : causesOf(error).join("; "));
    Deno.exitCode = 1;
  } finally {
    services.db.close();
  }
}

if (import.meta.main) await admin(Deno.args);
