/** Events for recipients: see why they wait, and send them again. */
import { newId } from "../../crypto/tokens.ts";
import { insertAudit } from "../../db/operate/audit.ts";
import {
  isDead,
  leaseDelivery,
  listDeliveries,
  reviveDeliveries,
} from "../../db/outbox/deliveries.ts";
import { listTries } from "../../db/outbox/tries.ts";
import { tryDelivery } from "../../jobs/delivery.ts";
import type { Summary, Table } from "../table.ts";
import { type Call, type Command, Refusal, rowsShown } from "./command.ts";

const statuses = ["waiting", "given_up", "refused"];

export const deliveryCommands: Record<string, Command> = {
  deliveries: {
    argument: "waiting, given_up or refused",
    about: "what recipients have not confirmed",
    knows: (argument) => statuses.includes(argument),
    run: async ({ services, argument }) => await listDeliveries(services.db, argument, rowsShown),
  },
  "deliveries show": {
    argument: "DELIVERY-ID",
    about: "one of them, and what each try met",
    run: show,
  },
  "deliveries send": {
    argument: "DELIVERY-ID",
    about: "send one of them now",
    acts: true,
    run: sendNow,
  },
  revive: {
    argument: "DELIVERY-ID or all",
    option: { name: "recipient", value: "NAME" },
    about: "let what was given up or refused wait again",
    acts: true,
    run: revive,
  },
};

async function show({ services, argument }: Call): Promise<Summary> {
  const { delivery, tries } = await listTries(services.db, argument);
  if (!delivery) throw new Refusal("no delivery has this id");
  return { summary: delivery, tables: { history: tries } };
}

async function sendNow({ services, argument, audit }: Call): Promise<Table> {
  const { config, db, now } = services;
  const lease = newId();
  const { delivery: found } = await listTries(db, argument);
  if (!found) throw new Refusal("no delivery has this id");
  const recipient = config.recipients.find(({ name }) => name === found.recipient);
  if (!recipient) throw new Refusal(`RECIPIENTS names no "${found.recipient}"`);
  const at = now();
  const delivery = await leaseDelivery(
    db,
    argument,
    lease,
    at,
    (done) => insertAudit(audit(null), at, done),
  );
  if (!delivery) {
    throw new Refusal(
      "it is confirmed, or is being sent now, or waits for an earlier event of its member",
    );
  }
  const { outcome, reply, ms } = await tryDelivery(services, recipient, delivery, lease);
  return [{
    id: delivery.id,
    status: outcome.status,
    answer: reply.status ?? reply.cause ?? "",
    ms: Math.round(ms),
  }];
}

async function revive({ services, argument, byOption, audit }: Call): Promise<Table> {
  const { db, now } = services;
  const id = byOption || argument === "all" ? null : argument;
  const recipient = byOption ? argument : null;
  const line = insertAudit(audit(null), now(), id === null ? undefined : isDead(id));
  const revived = await reviveDeliveries(db, id, now(), line, recipient);
  if (id !== null && revived === 0) {
    throw new Refusal("no delivery with this id was given up or refused");
  }
  return [{ waiting_again: revived }];
}
