import { newSecret } from "../crypto/tokens.ts";
import { freshenSession } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { requireMember } from "../domain/standing.ts";
import { countGiven, type Given, verifyGiven } from "./prove.ts";
import type { Services } from "./services.ts";

/**
 * Verifies what the member gave and makes the session fresh, under a new secret (OWASP ASVS 5.0 7.2.4).
 * Two round trips.
 * @param secret the secret of the session that asks
 * @param now ms
 * @returns the new secret, and the member's id
 * @throws `unauthenticated`, `withdrawal_pending`, `confirmation_failed`, `throttled`, `unavailable`
 */
export async function confirm(
  services: Services,
  secret: string,
  given: Given,
  now: number,
): Promise<{ secret: string; memberId: string }> {
  const counted = await countGiven(services, secret, given, now);
  const memberId = requireMember(counted.session).member.id;
  const proof = await verifyGiven(services, counted, now);
  if (!proof) throw new AppError("confirmation_failed", { memberId });

  const fresh = newSecret();
  const { attempt } = counted;
  const freshening = { secret, newSecret: fresh, proof, attempt, now };
  if (!await freshenSession(services.db, freshening)) throw new AppError("unauthenticated");
  return { secret: fresh, memberId };
}
