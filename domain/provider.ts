import type { Words } from "./data_map.ts";

/** Why somebody is sent to a provider. */
export type Purpose = "login" | "link" | "confirm";

/** A round trip to a provider that has begun. A sealed cookie keeps it in the browser that began it. */
export interface Flow {
  /** 256 bits: the provider returns it with its answer. Each works once. */
  state: string;
  /** The configured name of the provider. */
  provider: string;
  purpose: Purpose;
  /** What the ID token must repeat. */
  nonce: string;
  /** The PKCE code verifier (RFC 7636). */
  verifier: string;
  /** ms */
  startedAt: number;
  /** The members' page to show afterwards. */
  next: string | null;
  /** For `link` and `confirm`: hash of the secret of the session that began it. */
  session: string | null;
}

/** How long a round trip may take, ms. */
export const flowMs = 10 * 60_000;

/** How long somebody who is not a member yet may take to choose a user id, ms. */
export const arrivalMs = 30 * 60_000;

/** How far the clock of a provider may be off, ms. */
export const clockToleranceMs = 60_000;

/** How much earlier than the round trip an authentication may seem to be by the provider's clock, ms. */
export const authTimeToleranceMs = 10_000;

/** Who somebody is at a provider. `(issuer, subject)` never changes and is never given to another. */
export interface Identity {
  issuer: string;
  subject: string;
}

/** What a provider says about the one who signed in. */
export interface Profile extends Identity {
  email: string | null;
  /** Whether the provider vouches that the address is theirs. */
  emailVerified: boolean;
  /** When they last authenticated there, ms; `null` if the provider does not say. */
  authenticatedAt: number | null;
}

/** The tokens of a new authentication. They are only ever stored sealed. */
export interface Tokens {
  access: string;
  refresh: string | null;
}

/** What ends a grant: the member's tokens, or for an admin key the member's id at the provider. */
export type Ending = { tokens: Tokens } | { subject: string };

/** How long after the authentication a sealed token is destroyed at the latest, ms. */
export const endingMs = 24 * 60 * 60_000;

/** What became of the grant at a provider after its member has left. */
export type GrantStatus = "waiting" | "ended" | "refused" | "given_up" | "by_member";

/** The state of a grant on a receipt. */
export interface GrantState {
  /** The configured name of the provider. */
  name: string;
  status: GrantStatus;
  /** When it was settled, ms; `null` while it waits. */
  at: number | null;
}

/** What a button for a provider shows. */
export interface ProviderButton {
  /** The configured name. */
  name: string;
  kind: string;
  label: Words;
}
