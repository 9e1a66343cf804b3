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
  type Addressee,
  type FirstCredential,
  firstPassword,
  selectAddressee,
  selectState,
  toAddressee,
  toState,
} from "../db/identity/members.ts";
import { firstPasskey, selectPasskey, toPasskey } from "../db/identity/passkeys.ts";
import type { InStatement } from "../db/engine/database.ts";
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
import { givenConsents, requireConsents } from "./consents.ts";
import { countMailTo, linkMailStatements } from "./link_mail.ts";
import { mailStatements } from "./mail.ts";
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
  /** The names of the consents that are given. */
  consents?: readonly string[];
}

/** A passkey as the first credential, and the service that it was made for. */
export interface NewPasskeyForm {
  passkey: PasskeyRegistration;
  party: RelyingParty;
  userAgent: string;
}

/**
 * Adds a member. Two round trips: the first counts the attempt and checks that name and e-mail are free,
 * so that no password is hashed when they are taken. The second adds the member and mails the link that
 * verifies the address.
 *
 * With `EMAIL_VERIFICATION=required` an address that is taken is no conflict: the member is added, cannot
 * sign in, and the owner of the address is told by mail. So nobody learns who is a member, neither from this
 * answer nor from a later sign-in.
 * @param now ms
 * @throws `invalid` if the password is not allowed, the passkey is refused or a required consent is missing,
 *   `conflict` if name or e-mail is taken or blocked or a member has the passkey, `throttled`, `unavailable`
 */
export async function register(
  services: Services,
  { name, email, credential, language, client, once, consents = [] }: Registration,
  now: number,
): Promise<void> {
  const { config, db } = services;
  if ("password" in credential) requireGoodPassword(services, { name, email }, credential.password);
  requireConsents(services, consents);

  const attempt = registrationAttempt(client, config.throttleScale);
  const blocks = identifiersOf(config.identifierKey, { name, email });
  const id = once ? idOfForm(config.identifierKey, "member", once) : newId();
  const shared = config.emailVerification === "required";
  const passkey = "passkey" in credential ? credential.passkey : null;
  const found = await write(db, {
    counted: countAttempt(attempt, now),
    state: selectState(id, { name, email, blocks, shared }, now),
    holder: selectAddressee({ text: email, only: "email" }),
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
  const also = [
    ...welcomeMails(services, member, toAddressee(found.holder), now),
    ...givenConsents(services, member.id, consents, now),
  ];
  if (!await addMember(db, member, first, blocks, { shared, also })) {
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

/**
 * Makes the statements that mail the link to verify the address of a new member, or tell the member who has
 * verified it before. They do nothing if the new member's row does not exist.
 */
export function welcomeMails(
  services: Services,
  member: Addressee,
  holder: Addressee | null,
  now: number,
): InStatement[] {
  if (services.config.emailVerification === "off") return [];
  const { count, allowed } = countMailTo(services, member.email, now);
  const link = linkMailStatements(services, { kind: "verification", member }, now, allowed);
  if (holder === null) return [...count, ...link];
  const told = {
    sql: `${allowed.sql} AND EXISTS (SELECT 1 FROM users WHERE id = :new_member)
      AND EXISTS (SELECT 1 FROM users WHERE id = :holder AND email_verified_at IS NOT NULL)`,
    values: { ...allowed.values, new_member: member.id, holder: holder.id },
  };
  const notice = { kind: "already_member", member: holder } as const;
  return [...count, ...link, ...mailStatements(services, notice, now, told)];
}
