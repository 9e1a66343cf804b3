/**
 * The command line of an app that Annyeong is mounted in, so that each command knows the app's tables:
 * `await operate(members.parts, Deno.args)`.
 */
import type { Parts } from "../runtime/mod.ts";
import { admin } from "./admin.ts";
import { backup } from "./backup.ts";
import { canary } from "./canary.ts";
import { drill } from "./drill.ts";
import { importMembers } from "./import.ts";
import { jobs } from "./jobs.ts";
import { keys } from "./keys.ts";
import { ledger } from "./ledger.ts";
import { migrate } from "./migrate.ts";

export type { Canary } from "./canary.ts";

/** Ends the process with 2 where the words are wrong. */
export async function operate(parts: Parts, [task, ...args]: readonly string[]): Promise<void> {
  switch (task) {
    case "keys":
      return await keys();
    case "migrate":
      return await migrate(parts);
    case "jobs":
      return await jobs(parts);
    case "ledger":
      return await ledger(args, parts);
    case "backup":
      return await backup(args);
    case "canary":
      return await canary(args);
    case "drill":
      return await drill(args, parts);
    case "import":
      if (!parts.dataMap.subject.isOwn) {
        console.error("the members are another system's, so nothing can be imported");
        Deno.exit(2);
      }
      return await importMembers(args, parts);
    case "admin":
      return await admin(args, parts);
  }
  console.error(
    "usage: keys | migrate | jobs | ledger export FILE | ledger replay FILE | backup FILE | " +
      "drill BACKUP LEDGER | canary JOURNEY.ts | import FILE.sql | admin COMMAND",
  );
  Deno.exit(2);
}
