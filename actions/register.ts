import { identifiersOf } from "../crypto/identifiers.ts";
import { idOfForm, newId } from "../crypto/tokens.ts";
import { write } from "../db/engine/batch.ts";
import {
  type Challenge,
  selectChallenge,
  spendChallenge,
  toChallenge,
} from "../db/identity/challenges.ts";
import {
  addMember,
  type FirstCredential,
  firstPassword,
  selectState,
  toState,
} from "../db/identity/members.ts";
import { firstPasskey, selectPasskey, toPasskey } from "../db/identity/passkeys.ts";
import { countAttempt, requireCounted } from "../db/session/attempts.ts";
import { passkeyName } from "../domain/authenticators.ts";
import { AppError } from "../domain/error.ts";
import type { Member } from "../domain/member.ts";
import {
  challengeIn,
  type Registration as PasskeyRegistration,
  type RelyingParty,
} from "../domain/passkey.ts";
import { passwordProblem } from "../domain/password.ts";
import { registrationAttempt } from "../domain/throttle.ts";
import { boundToNames } from "./passkey_options.ts";
import { serviceNames, type Services } from "./services.ts";
import { requirePasskey } from "./verify_passkey.ts";

/** The values of the registration form, and where it came from. */
export interface Registration {
  name: string;
  email: string;
  /** The first credential. */
  credential: { password: string } | NewPasskeyForm;
  /** The language of the mails to the member. */
  language: Member["language"];
  /** Keyed hash of the client's network. */
  client: string;
  /** The token of the form. The same form sent again succeeds again. */
  once?: string | undefined;
}

/** A passkey as the first credential, and the service that it was made for. */
export interface NewPasskeyForm {
  passkey: PasskeyRegistration;
  party: RelyingParty;
  userAgent: string;
}

/**
 * Adds a member. Two round trips: the first counts the attempt and checks that name and e-mail are free,
 * so that no password is hashed when they are taken.
 * @param now ms
 * @throws `invalid` if the password is not allowed or the passkey is refused, `conflict` if name or e-mail
 *   is taken or blocked or a member has the passkey, `throttled`, `unavailable`
 */
export async function register(
  services: Services,
  { name, email, credential, language, client, once }: Registration,
  now: number,
): Promise<void> {
  const { config, db } = services;
  if ("password" in credential) requireGoodPassword(services, { name, email }, credential.password);

  const attempt = registrationAttempt(client, config.throttleScale);
  const blocks = identifiersOf(config.identifierKey, { name, email });
  const id = once ? idOfForm(config.identifierKey, "member", once) : newId();
  const passkey = "passkey" in credential ? credential.passkey : null;
  const found = await write(db, {
    counted: countAttempt(attempt, now),
    state: selectState(id, { name, email, blocks }, now),
    challenge: selectChallenge(passkey && challengeIn(passkey), "register", now),
    taken: selectPasskey(passkey && passkey.id),
  });
  requireCounted(attempt, found.counted, now);
  const { free, added, used } = toState(found.state);
  if (added) return;
  if (!free) throw new AppError("conflict", { sentence: "taken" });

  const first = "password" in credential
    ? firstPassword(await services.passwords.hash(credential.password))
    : firstPasskeyOf(credential, toChallenge(found.challenge), blocks, now);
  if (toPasskey(found.taken)) throw new AppError("conflict", { sentence: "passkey_taken" });
  const member = { id: used ? newId() : id, name, email, language, joinedAt: now };
  if (!await addMember(db, member, first, blocks)) {
    throw new AppError("conflict", { sentence: "taken" });
  }
}

/** Throws `invalid` if the password is not allowed. */
function requireGoodPassword(
  services: Services,
  names: Pick<Member, "name" | "email">,
  password: string,
): void {
  const known = { ...names, service: serviceNames(services) };
  const problem = passwordProblem(password, known, services.config.password.minLength);
  if (problem) throw new AppError("invalid", { fields: { password: problem } });
}

/** Verifies a passkey, and makes it a first credential. Throws `invalid`. */
function firstPasskeyOf(
  form: NewPasskeyForm,
  found: Challenge | null,
  blocks: readonly string[],
  now: number,
): FirstCredential {
  const { passkey, challenge, userHandle } = requirePasskey(form, found, boundToNames(blocks));
  const name = passkeyName(passkey, form.userAgent);
  const terms = { id: newId(), userHandle, name, createdAt: now };
  return firstPasskey(passkey, terms, spendChallenge(challenge, "register", now));
}
