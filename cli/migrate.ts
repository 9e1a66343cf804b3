/** `deno task migrate`: brings the database to the current schema, and says where the data map disagrees. */
import { migrateOnDeno, type Parts } from "../runtime/mod.ts";

export async function migrate(parts?: Parts): Promise<void> {
  const { ran, problems, warnings } = await migrateOnDeno(parts);
  console.log(ran.length > 0 ? `migrated: ${ran.join(", ")}` : "the schema is current");
  for (const warning of warnings) console.warn(`warning: ${warning}`);
  for (const problem of problems) console.error(`withdrawals are stopped: ${problem}`);
  if (problems.length > 0) Deno.exitCode = 1;
}

if (import.meta.main) await migrate();
