/** The mails in the outbox, as their transport would be given them. */
import { openText } from "../../crypto/sealed_text.ts";
import { linkToken } from "../../crypto/tokens.ts";
import { linkPaths, type MailContent } from "../../domain/mail.ts";
import type { TestApp } from "./harness.ts";

export interface WrittenMail extends MailContent {
  kind: string;
  /** The path of its link, if it has one. */
  path: string;
}

/** Every mail that was written, in order. */
export async function mailsOf(app: TestApp): Promise<WrittenMail[]> {
  const { sessionSecrets, identifierKey } = app.services.config;
  const rows = await app.sql(
    "SELECT id, type, sealed FROM outbox WHERE channel = 'mail' AND sealed IS NOT NULL ORDER BY position",
  );
  return rows.map((row) => {
    const id = String(row.id);
    const kind = String(row.type);
    const path = (linkPaths as Record<string, string>)[kind];
    return {
      ...JSON.parse(openText(sessionSecrets, id, String(row.sealed))!),
      kind,
      path: path ? `${path}/${linkToken(identifierKey, id)}` : "",
    };
  });
}

/** The last mail of a kind. Throws if there is none. */
export async function lastMail(app: TestApp, kind: string): Promise<WrittenMail> {
  const mail = (await mailsOf(app)).findLast((one) => one.kind === kind);
  if (!mail) throw new Error(`no ${kind} mail was written`);
  return mail;
}
