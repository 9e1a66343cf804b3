/** The clock by which due erasures and sweeping destroy: docs/operating.md, "Clock". */
import { acceptClock, readSeenAt } from "../../db/operate/clock.ts";
import type { Table } from "../table.ts";
import type { Call, Command } from "./command.ts";

export const clockCommands: Record<string, Command> = {
  "clock show": {
    argument: null,
    about: "this machine's clock, and the newest instant that the jobs have trusted",
    run: show,
  },
  "clock accept": {
    argument: null,
    about: "accept this machine's clock, so that jobs destroy by it again",
    acts: true,
    run: accept,
  },
};

async function show({ services: { db, now } }: Call): Promise<Table> {
  return [{ now: new Date(now()).toISOString(), seen_at: await readSeenAt(db) }];
}

async function accept(call: Call): Promise<Table> {
  const { db, now } = call.services;
  await acceptClock(db, now(), call.audit(null));
  return await show(call);
}
