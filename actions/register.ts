import { identifiersOf } from "../crypto/identifiers.ts";
import { newId } from "../crypto/tokens.ts";
import { write } from "../db/engine/batch.ts";
import { addMember, selectFree, toFree } from "../db/identity/members.ts";
import { countAttempt, requireCounted } from "../db/session/attempts.ts";
import { AppError } from "../domain/error.ts";
import { passwordProblem } from "../domain/password.ts";
import { registrationAttempt } from "../domain/throttle.ts";
import type { Services } from "./services.ts";

export interface Registration {
  name: string;
  email: string;
  password: string;
  /** Keyed hash of the client's network. */
  client: string;
}

/**
 * Adds a member. Two trips: the first counts the try and looks whether name and e-mail are free, so that
 * nothing is hashed for one that is taken.
 * @throws `invalid` for a bad password, `conflict` where name or e-mail is taken or blocked,
 *   `throttled`, `unavailable`
 */
export async function register(
  { config, db, passwords }: Services,
  { name, email, password, client }: Registration,
  now: number,
): Promise<void> {
  const problem = passwordProblem(password, { name, email }, config.password.minLength);
  if (problem) throw new AppError("invalid", { fields: { password: problem } });

  const attempt = registrationAttempt(client, config.throttleScale);
  const blocks = identifiersOf(config.identifierKey, { name, email });
  const { counted, free } = await write(db, {
    counted: countAttempt(attempt, now),
    free: selectFree({ name, email, blocks }, now),
  });
  requireCounted(attempt, counted, now);
  if (!toFree(free)) throw new AppError("conflict", { sentence: "taken" });

  const passwordHash = await passwords.hash(password);
  const member = { id: newId(), name, email, joinedAt: now };
  const added = await addMember(db, member, passwordHash, blocks);
  if (!added) throw new AppError("conflict", { sentence: "taken" });
}
