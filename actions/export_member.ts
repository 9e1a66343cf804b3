import { exportMember as exportFrom } from "../db/map/export.ts";
import { memberOfSession, selectSession, type Session, toSession } from "../db/session/sessions.ts";
import { requireSession } from "../domain/standing.ts";
import type { Services } from "./services.ts";

/**
 * Exports everything that the data map shows to the member, as the text of one JSON object. Makes one
 * round trip for each 1,000 rows of a table, while the text is read.
 * @param secret the secret of the session that asks
 * @param now ms
 * @throws `unauthenticated`, `unavailable`, both also while the text is read
 */
export async function exportMember(
  { db, inventory }: Services,
  secret: string,
  now: number,
): Promise<{ session: Session; text: AsyncIterable<string> }> {
  const asker = {
    member: memberOfSession(secret, now),
    select: selectSession(secret, now),
    toSession,
  };
  const { session, text } = await exportFrom(db, inventory, asker, now);
  return { session: requireSession(session), text };
}
