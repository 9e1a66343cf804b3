import type { Context } from "hono";
import type { Env } from "./env.ts";
import { relyingPartyOf } from "./origin.ts";

/** What `PublicKeyCredential.signalAllAcceptedCredentials` takes (WebAuthn Level 3, 5.1.10). */
export interface Signal {
  rpId: string;
  userId: string;
  allAcceptedCredentialIds: string[];
}

/**
 * Makes the signal by which a browser forgets the passkeys of a member that do not work any more.
 * @param userId the handle of the member's passkeys
 * @param accepted the credential ids that still work
 */
export function signalOf(c: Context<Env>, userId: string, accepted: string[]): Signal {
  return { rpId: relyingPartyOf(c).id, userId, allAcceptedCredentialIds: accepted };
}
