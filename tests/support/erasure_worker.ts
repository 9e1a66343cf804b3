/** A worker process for the test that kills one: erases who is due in the database it is given. */
import { eraseDue } from "../../actions/erase_due.ts";
import { openApp } from "./harness.ts";

const app = await openApp({ env: { TURSO_DATABASE_URL: Deno.args[0]! } });
await eraseDue(app.services, Infinity);
