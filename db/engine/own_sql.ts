/** The SQL of our migrations. Only a runtime that migrates loads this file. */
import members from "../migrations/0001_members.sql" with { type: "text" };
import leaving from "../migrations/0002_leaving.sql" with { type: "text" };
import operating from "../migrations/0003_operating.sql" with { type: "text" };
import proofs from "../migrations/0004_proofs.sql" with { type: "text" };
import ledger from "../migrations/0006_ledger.sql" with { type: "text" };
import clock from "../migrations/0007_clock.sql" with { type: "text" };
import seeing from "../migrations/0008_seeing.sql" with { type: "text" };
import mail from "../migrations/0009_mail.sql" with { type: "text" };
import passkeys from "../migrations/0010_passkeys.sql" with { type: "text" };
import providers from "../migrations/0011_providers.sql" with { type: "text" };
import mailsByMember from "../migrations/0012_mails_by_member.sql" with { type: "text" };
import consents from "../migrations/0013_consents.sql" with { type: "text" };
import type { OwnMigration } from "./own_migrations.ts";

export const texts: Record<OwnMigration, string> = {
  "0001_members": members,
  "0002_leaving": leaving,
  "0003_operating": operating,
  "0004_proofs": proofs,
  "0006_ledger": ledger,
  "0007_clock": clock,
  "0008_seeing": seeing,
  "0009_mail": mail,
  "0010_passkeys": passkeys,
  "0011_providers": providers,
  "0012_mails_by_member": mailsByMember,
  "0013_consents": consents,
};
