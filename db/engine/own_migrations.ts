import type { Migration } from "./migration.ts";

/** In order. A migration that has landed is never edited; a new one is added at the end. */
const names = [
  "0001_members",
  "0002_leaving",
  "0003_operating",
  "0004_proofs",
  "0006_ledger",
  "0007_clock",
  "0008_seeing",
  "0009_mail",
  "0010_passkeys",
  "0011_providers",
  "0012_mails_by_member",
  "0013_consents",
] as const;

export type OwnMigration = typeof names[number];

// In this form a bundler for Workers, which never migrate, leaves the SQL out.
const texts = typeof Deno !== "undefined" ? (await import("./own_sql.ts")).texts : null;

/** Our migrations, in order. On Workers `sql` is empty: they need the names, to know whether all have run. */
export const ownMigrations: readonly Migration[] = names.map((name) => ({
  name,
  sql: texts?.[name] ?? "",
}));
