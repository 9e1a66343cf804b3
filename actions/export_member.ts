import { exportMember as exportFrom } from "../db/map/export.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../db/session/sessions.ts";
import type { Exported } from "../domain/export.ts";
import { requireSession } from "../domain/standing.ts";
import type { Services } from "./services.ts";

/**
 * Exports everything that the data map shows to the member, as tables. Makes one round trip for each
 * 1,000 rows of a table, while rows are read.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`, `unavailable`, both also while rows are read
 */
export async function exportMember(
  { db, inventory }: Services,
  secret: string,
  now: number,
): Promise<{ session: Session; exported: Exported }> {
  const asker = {
    member: memberOfSession(secret, now),
    select: selectSession(secret, now),
    toSession,
  };
  const { session, tables } = await exportFrom(db, inventory, asker);
  return { session: requireSession(session), exported: { at: now, tables } };
}
