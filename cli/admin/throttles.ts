/** Who is kept from signing in by a limit. Names and addresses are known by their keyed hashes only. */
import { identifierHash } from "../../crypto/tokens.ts";
import { liftThrottles, listThrottles } from "../../db/operate/throttles.ts";
import { fold } from "../../domain/member.ts";
import type { Table } from "../table.ts";
import { type Call, type Command, Refusal, rowsShown } from "./command.ts";

const byName = { name: "account", value: "NAME" } as const;

export const throttleCommands: Record<string, Command> = {
  throttles: {
    argument: null,
    option: byName,
    about: "limits that are reached; of one account all that it has tries under",
    run: list,
  },
  "throttles lift": {
    argument: "HASH",
    option: byName,
    about: "forget the tries of an account or a network",
    acts: true,
    run: lift,
  },
};

/** The keyed hash under which the tries of a login name are counted, and which the log shows. */
function accountOf({ services, argument }: Call): string {
  return identifierHash(services.config.identifierKey, "name", fold(argument));
}

async function list(call: Call): Promise<Table> {
  const { db, config, now } = call.services;
  const account = call.byOption ? accountOf(call) : null;
  const rows = await listThrottles(db, config.throttleScale, account, now(), rowsShown);
  if (account === null || rows.length > 0) return rows.map((row) => ({ ...row }));
  return [{ limit: "none", account, network: null, tries: 0, allowed: null, free_at: null }];
}

async function lift(call: Call): Promise<Table> {
  const { services, argument, byOption, audit } = call;
  const hash = byOption ? accountOf(call) : argument;
  if (!/^[\w-]{43}$/.test(hash)) throw new Refusal("this is no hash: --account takes a name");
  if (!await liftThrottles(services.db, hash, services.now(), audit(null))) {
    throw new Refusal("nothing is counted under this hash");
  }
  return [{ lifted: hash }];
}
