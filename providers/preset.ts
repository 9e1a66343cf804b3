import type { AuthorizationServer, ClientAuth, IDToken } from "oauth4webapi";
import type { ProviderConfig } from "../config/mod.ts";
import type { Words } from "../domain/data_map.ts";
import type { Reply } from "../domain/delivery.ts";
import type { Ending, Profile, Tokens } from "../domain/provider.ts";

/** A provider that is about to be asked. */
export interface Connection {
  config: ProviderConfig;
  /** Its endpoints and keys, discovered or known. */
  server: AuthorizationServer;
  /** Authenticates us. */
  auth: ClientAuth;
  /** ms */
  now: number;
  /** The address of an endpoint: in development under `base`, if one is configured. */
  at(url: string): string;
}

/** What a provider says about a person, besides its issuer. */
export type Described = Omit<Profile, "issuer" | "authenticatedAt">;

/** What is particular about a kind of provider. All else is OAuth 2.0 with PKCE, or OpenID Connect. */
export interface Preset {
  /** What people call it. */
  label: Words;
  /** What its identities are stored under. `null`: the issuer of its configuration. */
  issuer: string | null;
  /** The endpoints of a provider without OpenID Connect. `null`: they are discovered. */
  endpoints: { authorization: string; token: string } | null;
  /** Origins that a sign-in passes on its way, for the CSP's `form-action`. */
  origins: readonly string[];
  scope: string;
  /** Parameters of each request. */
  parameters?: Readonly<Record<string, string>>;
  /** Whether the code is redeemed with its `state`, which OAuth does not ask for. */
  stateWithCode?: true;
  /**
   * Parameters that ask for a new authentication, and for the token that ends the grant. They are added to
   * `parameters`.
   */
  again: Readonly<Record<string, string>>;
  /** Whether an answer without `auth_time` is refused where a new authentication was asked for. */
  tellsAuthTime: boolean;
  /** Makes what authenticates us. `now` in ms. */
  authenticate(
    config: ProviderConfig,
    server: AuthorizationServer,
    now: number,
  ): ClientAuth | Promise<ClientAuth>;
  /** Reads who signed in. `claims` are those of the ID token, if there is one. */
  describe(connection: Connection, tokens: Tokens, claims: IDToken | undefined): Promise<Described>;
  /** Whether these tokens can end the grant. */
  canEnd(connection: Connection, tokens: Tokens): boolean;
  /** Ends the grant, and looks whether it has ended, as far as the provider lets us look. */
  end(connection: Connection, ending: Ending): Promise<Reply>;
  /** Where a member ends the grant themselves; `{client_id}` stands for ours. `null`: unknown. */
  page: string | null;
}

/** What a provider answered does not make sense. */
export class Rubbish extends Error {
  override name = "Rubbish";
}

/** A text of at most `max` characters without control characters, or an error. */
export function textIn(value: unknown, what: string, max = 255): string {
  if (typeof value !== "string" || value === "" || value.length > max || /\p{Cc}/u.test(value)) {
    throw new Rubbish(`the provider sent no usable ${what}`);
  }
  return value;
}

/** An id that the provider sends as a JSON number (Kakao, GitHub), as text. */
export function numberIn(value: unknown, what: string): string {
  if (!Number.isSafeInteger(value)) throw new Rubbish(`the provider sent no usable ${what}`);
  return String(value);
}
