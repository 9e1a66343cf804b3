import { newSecret } from "../crypto/tokens.ts";
import { freshenSession } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { requireMember } from "../domain/standing.ts";
import { challenge, provePassword } from "./prove_password.ts";
import type { Services } from "./services.ts";

/**
 * Makes a live session fresh again by the member's password, under a new secret. Two trips.
 * @returns the new secret, and the member's id
 * @throws `unauthenticated`, `withdrawal_pending`, `confirmation_failed`, `throttled`, `unavailable`
 */
export async function confirm(
  services: Services,
  secret: string,
  password: string,
  now: number,
): Promise<{ secret: string; memberId: string }> {
  const challenged = await challenge(services, secret, now);
  const memberId = requireMember(challenged.session).member.id;
  const proof = await provePassword(services, challenged, password);
  if (!proof) throw new AppError("confirmation_failed", { memberId });

  const fresh = newSecret();
  const { attempt } = challenged;
  const freshening = { secret, newSecret: fresh, proof, attempt, now };
  if (!await freshenSession(services.db, freshening)) throw new AppError("unauthenticated");
  return { secret: fresh, memberId };
}
