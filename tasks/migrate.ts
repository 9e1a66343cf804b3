/** `deno task migrate`: brings the database to the current schema, and says where the data map disagrees. */
import { migrate } from "../db/migrate.ts";
import { openDatabaseOnDeno } from "../main.ts";

const { db, catalogue } = await openDatabaseOnDeno();
const ran = await migrate(db, Date.now());
console.log(ran.length > 0 ? `migrated: ${ran.join(", ")}` : "the schema is current");

const { problems, warnings } = await catalogue.refresh();
for (const warning of warnings) console.warn(`warning: ${warning}`);
for (const problem of problems) console.error(`withdrawals are stopped: ${problem}`);
db.close();
if (problems.length > 0) Deno.exit(1);
