import { selectCredentials, toCredentials } from "../db/identity/credentials.ts";
import { type PreviewLine, previewWithdrawal as preview } from "../db/leaving/withdrawals.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../db/session/sessions.ts";
import type { Confirm } from "../domain/confirmation.ts";
import { requireSession } from "../domain/standing.ts";
import { askedFor } from "../domain/withdrawal.ts";
import type { Services } from "./services.ts";

export interface Preview {
  session: Session;
  /** What the member has to give. */
  confirm: Confirm;
  /** What the member can confirm with, strongest first. */
  confirmWith: string[];
  lines: PreviewLine[];
}

/** What leaving would do now. One trip. @throws `unauthenticated`, `unavailable` */
export async function previewWithdrawal(
  { config, db, inventory }: Services,
  secret: string,
  now: number,
): Promise<Preview> {
  const member = memberOfSession(secret, now);
  const beside = [selectSession(secret, now), selectCredentials(member)];
  const found = await preview(db, inventory, member, beside, now);
  const session = requireSession(toSession(found.beside[0]!));
  return {
    session,
    confirm: askedFor(session, config.withdrawal, now),
    confirmWith: toCredentials(found.beside[1]!),
    lines: found.lines,
  };
}
