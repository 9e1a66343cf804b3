import { newId, newSecret } from "../crypto/tokens.ts";
import type { NewSession } from "../db/session/sessions.ts";
import type { Services } from "./services.ts";

/** A session to be opened, made before the trip that opens it. `now` in ms. */
export function makeSession({ config }: Services, userAgent: string, now: number): NewSession {
  return {
    id: newId(),
    secret: newSecret(),
    createdAt: now,
    expiresAt: now + config.session.maxMs,
    userAgent: deviceName(userAgent),
  };
}

/** A user agent as it is stored: 200 UTF-16 units of text that any database takes. */
export function deviceName(userAgent: string): string {
  return userAgent.replace(/\p{Cc}/gu, "").slice(0, 200).toWellFormed();
}
