/** The only folder that knows its runtime: the environment, when services are opened, the timer. */
import type { Services } from "../actions/services.ts";
import { serveOnDeno } from "./deno.ts";
import { type App, ownParts } from "./open.ts";
import { serveOnWorkers } from "./workers.ts";

export {
  existingDatabaseFile,
  migrateOnDeno,
  openForImport,
  openOnDeno,
  receiptKeysOnDeno,
} from "./deno.ts";
export type { App, Parts } from "./open.ts";

/** The default export of an entry, for `deno serve` and for Workers. */
export function serve(appOf: (services: Services) => App, parts = ownParts) {
  // In this form a bundler for Workers, which knows that there is no Deno, leaves the first half out.
  return typeof Deno !== "undefined" ? serveOnDeno(appOf, parts) : serveOnWorkers(appOf, parts);
}
