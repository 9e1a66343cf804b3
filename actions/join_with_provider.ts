import { identifiersOf } from "../crypto/identifiers.ts";
import { idOfForm, newId } from "../crypto/tokens.ts";
import { write } from "../db/engine/batch.ts";
import { firstIdentity } from "../db/identity/identities.ts";
import {
  addMember,
  selectAddressee,
  selectState,
  toAddressee,
  toState,
} from "../db/identity/members.ts";
import { countAttempt, requireCounted } from "../db/session/attempts.ts";
import { AppError } from "../domain/error.ts";
import { fold, type Member } from "../domain/member.ts";
import type { Identity } from "../domain/provider.ts";
import { registrationAttempt } from "../domain/throttle.ts";
import { type Arrival, openSession, type SignedIn } from "./open_session.ts";
import { welcomeMails } from "./register.ts";
import { givenConsents, requireConsents } from "./consents.ts";
import type { Services } from "./services.ts";
import { mustVerify } from "./sign_in.ts";

/** Somebody whom a provider has authenticated, and who is not a member yet. */
export interface Newcomer extends Identity {
  /** The configured name of the provider. */
  provider: string;
  email: string | null;
  /** Whether the provider vouches for the address. */
  emailVerified: boolean;
}

/** The values of the form, and where it came from. */
export interface ProviderRegistration extends Arrival {
  newcomer: Newcomer;
  name: string;
  email: string;
  language: Member["language"];
  /** The token of the form. */
  once?: string | undefined;
  /** The names of the consents that are given. */
  consents?: readonly string[];
}

/**
 * Adds a member whose first credential is an identity, and signs them in. Three round trips. An address that
 * belongs to a member links nothing: its owner signs in to that account and links the provider there.
 * An address that the provider vouches for is verified; for another one the link to verify it is mailed.
 * @param now ms
 * @returns `session`: `null` if the address has to be verified before the first sign-in
 * @throws `invalid` if a required consent is missing, `conflict`, `throttled`, `unavailable`
 */
export async function joinWithProvider(
  services: Services,
  { newcomer, name, email, language, once, consents = [], ...arrival }: ProviderRegistration,
  now: number,
): Promise<{ session: SignedIn | null; verified: boolean }> {
  const { config, db } = services;
  requireConsents(services, consents);
  const verified = newcomer.emailVerified && newcomer.email !== null &&
    fold(newcomer.email) === fold(email);
  const attempt = registrationAttempt(arrival.client, config.throttleScale);
  const blocks = identifiersOf(config.identifierKey, { name, email });
  const id = once ? idOfForm(config.identifierKey, "member", once) : newId();
  const shared = config.emailVerification === "required";
  const { counted, state, holder } = await write(db, {
    counted: countAttempt(attempt, now),
    state: selectState(id, { name, email, blocks, shared }, now),
    holder: selectAddressee({ text: email, only: "email" }),
  });
  requireCounted(attempt, counted, now);
  const { free, added, used } = toState(state);
  const taken = new AppError("conflict", { sentence: "address_taken" });
  if (!free && !added) throw taken;
  const { issuer, subject, provider } = newcomer;
  const member = { id: used && !added ? newId() : id, name, email, language, joinedAt: now };
  if (!added) {
    const vouched = verified ? email : null;
    const credential = firstIdentity(newId(), { issuer, subject }, provider, vouched, now);
    const also = [
      ...verified ? [] : welcomeMails(services, member, toAddressee(holder), now),
      ...givenConsents(services, member.id, consents, now),
    ];
    if (!await addMember(db, member, credential, blocks, { shared, also })) throw taken;
  }
  if (mustVerify(config, { emailVerified: verified })) return { session: null, verified };
  const proof = { by: "provider", issuer, subject } as const;
  const session = await openSession(services, { proof, member, attempt }, arrival, now);
  return { session, verified };
}
