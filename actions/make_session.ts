import { newId, newSecret } from "../crypto/tokens.ts";
import type { NewSession } from "../db/session/sessions.ts";
import type { Services } from "./services.ts";

/**
 * Makes the values of a session that is not opened yet.
 * @param userAgent as the client sent it
 * @param now ms
 */
export function makeSession({ config }: Services, userAgent: string, now: number): NewSession {
  return {
    id: newId(),
    secret: newSecret(),
    createdAt: now,
    expiresAt: now + config.session.maxMs,
    userAgent: deviceName(userAgent),
  };
}

/** Returns a user agent as it is stored: at most 200 UTF-16 code units, without control characters. */
export function deviceName(userAgent: string): string {
  return userAgent.replace(/\p{Cc}/gu, "").slice(0, 200).toWellFormed();
}
