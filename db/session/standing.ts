import type { InStatement, ResultSet } from "../engine/database.ts";
import { credentialColumns, type CredentialName, toCredentials } from "../identity/credentials.ts";
import { selectSession, type Session, toSession } from "./sessions.ts";

/** A live session, and what its member can prove themselves with. */
export interface Standing {
  session: Session;
  /** Strongest first. */
  credentials: CredentialName[];
  /** Whether the session was confirmed by a new authentication at a provider, which still counts. */
  confirmed: boolean;
  /** The handle by which the member's passkeys name the member; `null` without passkeys. */
  handle: string | null;
}

/** Makes the SELECT of a standing. It is one statement, because a server prepares each one every time. */
export function selectStanding(secret: string, now: number): InStatement {
  return selectSession(
    secret,
    now,
    `, ${credentialColumns("users.id")},
      (SELECT user_handle FROM passkeys WHERE user_id = users.id LIMIT 1) AS handle,
      EXISTS (
        SELECT 1 FROM confirmations
        WHERE session_id = sessions.id AND confirmations.expires_at > :now) AS confirmed`,
  );
}

/**
 * Reads the result of `selectStanding`.
 * @param providers the configured ones
 * @returns `null` if the session is over
 */
export function toStanding(
  result: ResultSet,
  providers: readonly { name: string }[],
): Standing | null {
  const session = toSession(result);
  const row = result.rows[0];
  return session && row
    ? {
      session,
      credentials: toCredentials(row, providers),
      confirmed: row.confirmed === 1,
      handle: row.handle === null ? null : String(row.handle),
    }
    : null;
}
