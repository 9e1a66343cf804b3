/** The way to the providers: what each is like, and the round trip of a sign-in. */
import * as oauth from "oauth4webapi";
import type { ProviderConfig } from "../config/mod.ts";
import type { Words } from "../domain/data_map.ts";
import type { Reply } from "../domain/delivery.ts";
import {
  authTimeToleranceMs,
  type Ending,
  type Flow,
  type Profile,
  type Tokens,
} from "../domain/provider.ts";
import { apple } from "./apple.ts";
import { clientOf, optionsOf } from "./client.ts";
import { github } from "./github.ts";
import { google } from "./google.ts";
import { kakao } from "./kakao.ts";
import { naver } from "./naver.ts";
import { oidc } from "./oidc.ts";
import { type Connection, type Preset, Rubbish } from "./preset.ts";

const presets: Record<ProviderConfig["kind"], Preset> = {
  google,
  apple,
  kakao,
  naver,
  github,
  oidc,
};

function presetOf({ kind }: ProviderConfig): Preset {
  return presets[kind];
}

/** What people read on the button of a provider. */
export function labelOf(config: ProviderConfig): Words {
  return config.label ?? presetOf(config).label;
}

/** Where a member ends the grant themselves, or `null`. */
export function pageOf(config: ProviderConfig): string | null {
  return presetOf(config).page?.replace("{client_id}", encodeURIComponent(config.clientId)) ?? null;
}

/** What the identities of a provider are stored under. */
export function issuerOf(config: ProviderConfig): string {
  return config.base ?? config.issuer ?? presetOf(config).issuer!;
}

/** How long a discovery document counts, ms. Its keys have their own time, in `oauth4webapi`. */
const discoveredMs = 60 * 60_000;

/** What was discovered by this process or isolate. */
const discovered = new WeakMap<ProviderConfig, { server: oauth.AuthorizationServer; at: number }>();

/** When discovery was last begun, ms. */
const begun = new WeakMap<ProviderConfig, number>();

/** The origins to which a form that leads to a provider may be redirected (CSP `form-action`). */
export function formOrigins(providers: readonly ProviderConfig[]): string[] {
  const origins = providers.flatMap((config) => [
    ...config.base ? [config.base] : presetOf(config).origins,
    ...config.origins,
    ...[config.issuer, discovered.get(config)?.server.authorization_endpoint]
      .flatMap((url) => url ? [new URL(url).origin] : []),
  ]);
  return [...new Set(origins)];
}

async function connect(config: ProviderConfig, now: number): Promise<Connection> {
  const server = await serverOf(config, now);
  const auth = await presetOf(config).authenticate(config, server, now);
  return { config, server, auth, now, at: (url) => inBase(config, url) };
}

/** In development an endpoint of a preset may be under another origin. */
function inBase({ base }: ProviderConfig, url: string): string {
  if (base === null) return url;
  const { pathname, search } = new URL(url);
  return base + pathname + search;
}

/** Endpoints and keys of a provider. Throws if it cannot be discovered. `now` in ms. */
export async function serverOf(
  config: ProviderConfig,
  now: number,
): Promise<oauth.AuthorizationServer> {
  const { endpoints } = presetOf(config);
  if (endpoints) {
    return {
      issuer: issuerOf(config),
      authorization_endpoint: inBase(config, endpoints.authorization),
      token_endpoint: inBase(config, endpoints.token),
    };
  }
  const known = discovered.get(config);
  if (known && now - known.at < discoveredMs) return known.server;
  begun.set(config, now);
  const issuer = new URL(issuerOf(config));
  const server = await oauth.discoveryRequest(issuer, optionsOf({ config }))
    .then((response) => oauth.processDiscoveryResponse(issuer, response))
    .catch((error) => {
      if (known) return known.server; // better an old document than no sign-in
      throw error;
    });
  if (!server.authorization_endpoint || !server.token_endpoint || !server.jwks_uri) {
    throw new Rubbish("the discovery document lacks an endpoint");
  }
  discovered.set(config, { server, at: now });
  return server;
}

/** How long a page waits for discovery, and how soon it waits again after a failure, ms. */
const discoverWaitMs = 1500;
const discoverAgainMs = 60_000;

/**
 * Discovers providers before a page with their buttons is sent, so that `formOrigins` knows where they lead.
 * Waits a moment at most, and not again for a minute. Never throws.
 * @param now ms
 */
export async function discover(providers: readonly ProviderConfig[], now: number): Promise<void> {
  const unknown = providers.filter((config) =>
    config.kind === "oidc" && !discovered.has(config) &&
    now - (begun.get(config) ?? 0) >= discoverAgainMs
  );
  if (unknown.length === 0) return;
  const found = Promise.allSettled(unknown.map((config) => serverOf(config, now)));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise((resolve) => timer = setTimeout(resolve, discoverWaitMs));
  await Promise.race([found, patience]);
  clearTimeout(timer);
}

/**
 * Makes the address at the provider to which a round trip leads.
 * @param redirectUri the callback, exactly as registered at the provider
 * @throws if the provider cannot be discovered
 */
export async function authorizationUrl(
  config: ProviderConfig,
  flow: Flow,
  redirectUri: string,
): Promise<string> {
  const { server } = await connect(config, flow.startedAt);
  const preset = presetOf(config);
  const url = new URL(server.authorization_endpoint!);
  const again = flow.purpose === "confirm" ? preset.again : {};
  const parameters: Record<string, string> = {
    client_id: config.clientId,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: scopeOf(preset, server, flow),
    state: flow.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(flow.verifier),
    code_challenge_method: "S256",
    ...(server.jwks_uri && { nonce: flow.nonce }),
    ...preset.parameters,
    ...again,
  };
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== "") url.searchParams.set(name, value);
  }
  return url.href;
}

/** A new authentication asks for a refresh token as well, where the provider has them: it ends the grant. */
function scopeOf({ scope, tellsAuthTime }: Preset, server: oauth.AuthorizationServer, flow: Flow) {
  const offline = flow.purpose === "confirm" && tellsAuthTime &&
    server.scopes_supported?.includes("offline_access");
  return offline ? `${scope} offline_access` : scope;
}

/** Why a provider's answer leads nowhere. */
export class Refused extends Error {
  override name = "Refused";

  /** @param why declined: by the person. failed: the provider is down, slow, or answers rubbish */
  constructor(readonly why: "declined" | "failed", cause: unknown) {
    super(why, { cause });
  }
}

/** What a round trip has brought. */
export interface Arrived {
  profile: Profile;
  tokens: Tokens;
  /** Whether the tokens can end the grant. */
  canEnd: boolean;
}

/**
 * Takes the answer of a provider: checks `state` and `iss` (RFC 9207), redeems the code, and verifies the ID
 * token with its signature, issuer, audience, nonce and times.
 * @param parameters of the callback
 * @param now ms
 * @throws `Refused`
 */
export async function arrive(
  config: ProviderConfig,
  flow: Flow,
  parameters: URLSearchParams,
  redirectUri: string,
  now: number,
): Promise<Arrived> {
  try {
    const connection = await connect(config, now);
    return await redeem(connection, flow, parameters, redirectUri);
  } catch (error) {
    throw error instanceof Refused ? error : new Refused("failed", error);
  }
}

async function redeem(
  connection: Connection,
  flow: Flow,
  parameters: URLSearchParams,
  redirectUri: string,
): Promise<Arrived> {
  const { config, server, auth } = connection;
  const preset = presetOf(config);
  const client = clientOf(connection);
  const options = optionsOf(connection);
  const answer = answerIn(server, client, parameters, flow.state);
  const { verifier } = flow;
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    auth,
    answer,
    redirectUri,
    verifier,
    preset.stateWithCode ? { ...options, additionalParameters: { state: flow.state } } : options,
  );
  const usesIdToken = server.jwks_uri !== undefined;
  const result = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: usesIdToken ? flow.nonce : oauth.expectNoNonce,
    requireIdToken: usesIdToken,
  });
  if (usesIdToken) await verifySignature(connection, response);
  const claims = usesIdToken ? oauth.getValidatedIdTokenClaims(result) : undefined;
  const tokens = { access: result.access_token, refresh: result.refresh_token ?? null };
  const described = await preset.describe(connection, tokens, claims);
  const authenticatedAt = typeof claims?.auth_time === "number" ? claims.auth_time * 1000 : null;
  return {
    profile: { issuer: server.issuer, ...described, authenticatedAt },
    tokens,
    canEnd: preset.canEnd(connection, tokens),
  };
}

function answerIn(
  server: oauth.AuthorizationServer,
  client: oauth.Client,
  parameters: URLSearchParams,
  state: string,
): URLSearchParams {
  try {
    return oauth.validateAuthResponse(server, client, parameters, state);
  } catch (error) {
    const { error: code } = error as { error?: unknown };
    const declined = ["access_denied", "user_cancelled_authorize", "consent_required"];
    throw new Refused(declined.includes(String(code)) ? "declined" : "failed", error);
  }
}

/** Verifies an ID token's signature. If no known key fits, the provider may have new ones: they are read again. */
async function verifySignature(connection: Connection, response: Response): Promise<void> {
  const options = optionsOf(connection);
  try {
    await oauth.validateApplicationLevelSignature(connection.server, response, options);
  } catch {
    const again = { ...connection.server }; // `oauth4webapi` keeps keys by this object
    await oauth.validateApplicationLevelSignature(again, response, options);
    const at = discovered.get(connection.config)?.at ?? connection.now;
    discovered.set(connection.config, { server: again, at });
  }
}

/**
 * Whether a round trip has brought a new authentication. A provider that was asked for one must say when it
 * took place (`auth_time`), unless it is known never to say so.
 */
export function isNewAuthentication(
  config: ProviderConfig,
  { authenticatedAt }: Profile,
  flow: Flow,
): boolean {
  if (authenticatedAt === null) return !presetOf(config).tellsAuthTime;
  return authenticatedAt >= flow.startedAt - authTimeToleranceMs;
}

/** Ends a grant once, and looks whether it has ended. Never throws. `now` in ms. */
export async function endGrant(
  config: ProviderConfig,
  ending: Ending,
  now: number,
): Promise<Reply> {
  try {
    return await presetOf(config).end(await connect(config, now), ending);
  } catch {
    return { status: null, verdict: "failed", retryAfterMs: null, cause: "no answer" };
  }
}
