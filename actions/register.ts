import { identifiersOf } from "../crypto/identifiers.ts";
import { idOfForm, newId } from "../crypto/tokens.ts";
import { write } from "../db/engine/batch.ts";
import { addMember, firstPassword, selectState, toState } from "../db/identity/members.ts";
import { countAttempt, requireCounted } from "../db/session/attempts.ts";
import { AppError } from "../domain/error.ts";
import type { Member } from "../domain/member.ts";
import { passwordProblem } from "../domain/password.ts";
import { registrationAttempt } from "../domain/throttle.ts";
import { serviceNames, type Services } from "./services.ts";

/** The values of the registration form, and where it came from. */
export interface Registration {
  name: string;
  email: string;
  password: string;
  /** The language of the mails to the member. */
  language: Member["language"];
  /** Keyed hash of the client's network. */
  client: string;
  /** The token of the form. The same form sent again succeeds again. */
  once?: string | undefined;
}

/**
 * Adds a member. Two round trips: the first counts the attempt and checks that name and e-mail are free,
 * so that no password is hashed when they are taken.
 * @param now ms
 * @throws `invalid` if the password is not allowed, `conflict` if name or e-mail is taken or blocked,
 *   `throttled`, `unavailable`
 */
export async function register(
  services: Services,
  { name, email, password, language, client, once }: Registration,
  now: number,
): Promise<void> {
  const { config, db, passwords } = services;
  const problem = passwordProblem(
    password,
    { name, email, service: serviceNames(services) },
    config.password.minLength,
  );
  if (problem) throw new AppError("invalid", { fields: { password: problem } });

  const attempt = registrationAttempt(client, config.throttleScale);
  const blocks = identifiersOf(config.identifierKey, { name, email });
  const id = once ? idOfForm(config.identifierKey, "member", once) : newId();
  const { counted, state } = await write(db, {
    counted: countAttempt(attempt, now),
    state: selectState(id, { name, email, blocks }, now),
  });
  requireCounted(attempt, counted, now);
  const { free, added, used } = toState(state);
  if (added) return;
  if (!free) throw new AppError("conflict", { sentence: "taken" });

  const credential = firstPassword(await passwords.hash(password));
  const member = { id: used ? newId() : id, name, email, language, joinedAt: now };
  if (!await addMember(db, member, credential, blocks)) {
    throw new AppError("conflict", { sentence: "taken" });
  }
}
