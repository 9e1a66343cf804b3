/** `deno task migrate`: brings the database to the current schema, and says what does not fit. */
import { migrateOnDeno, type Parts } from "../runtime/mod.ts";

/** Exits with 1 when a column is missing or withdrawals are stopped. */
export async function migrate(parts?: Parts): Promise<void> {
  const { database, ran, wasEmpty, unknown, missing, problems, warnings } = await migrateOnDeno(
    parts,
  );
  console.log(ran.length > 0 ? `migrated: ${ran.join(", ")}` : "the schema is current");
  console.log(`database: ${database}${wasEmpty ? " (it was empty)" : ""}`);
  if (unknown.length > 0) {
    console.warn(`warning: a newer version has migrated this database: ${unknown.join(", ")}`);
  }
  for (const warning of warnings) console.warn(`warning: ${warning}`);
  for (const problem of missing) console.error(problem);
  for (const problem of problems) console.error(`withdrawals are stopped: ${problem}`);
  if (missing.length + problems.length > 0) Deno.exitCode = 1;
}

if (import.meta.main) await migrate();
