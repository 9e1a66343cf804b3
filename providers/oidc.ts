import * as oauth from "oauth4webapi";
import type { ProviderConfig } from "../config/mod.ts";
import type { Reply } from "../domain/delivery.ts";
import type { Ending } from "../domain/provider.ts";
import { ask, noReply, objectIn, reply, stillThere } from "./ask.ts";
import { clientOf, optionsOf } from "./client.ts";
import { type Connection, type Described, type Preset, textIn } from "./preset.ts";

/** Any OpenID Connect provider, by discovery (OpenID Connect Core 1.0, Discovery 1.0). */
export const oidc: Preset = {
  label: { ko: "OpenID Connect", en: "OpenID Connect" },
  issuer: null,
  endpoints: null,
  origins: [],
  scope: "openid email",
  // "consent" because a provider issues a refresh token only then (Core 11).
  again: { prompt: "login consent", max_age: "0" },
  tellsAuthTime: true, // required where max_age was sent (Core 2)
  authenticate: secretOf,
  describe: describeByClaims,
  canEnd: ({ server }, { refresh }) => refresh !== null && server.revocation_endpoint !== undefined,
  end: revoke,
  page: null,
};

/** HTTP Basic, unless the provider takes secrets only in the body. */
export function secretOf(
  config: ProviderConfig,
  server: oauth.AuthorizationServer,
): oauth.ClientAuth {
  const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  const inBody = !methods.includes("client_secret_basic") && methods.includes("client_secret_post");
  return inBody
    ? oauth.ClientSecretPost(config.clientSecret!)
    : oauth.ClientSecretBasic(config.clientSecret!);
}

/** Reads the ID token, and the UserInfo endpoint for an address that is not in it. */
export async function describeByClaims(
  connection: Connection,
  { access }: { access: string },
  claims: oauth.IDToken | undefined,
): Promise<Described> {
  const subject = textIn(claims?.sub, "subject");
  if (typeof claims!.email === "string" || !connection.server.userinfo_endpoint) {
    return { subject, ...addressIn(claims!) };
  }
  const { server } = connection;
  const client = clientOf(connection);
  const response = await oauth.userInfoRequest(server, client, access, optionsOf(connection));
  return {
    subject,
    ...addressIn(await oauth.processUserInfoResponse(server, client, subject, response)),
  };
}

/** `email_verified` is a boolean, or at Apple a text. */
function addressIn(claims: { [claim: string]: unknown }) {
  const { email, email_verified } = claims;
  return {
    email: typeof email === "string" ? email : null,
    emailVerified: email_verified === true || email_verified === "true",
  };
}

/**
 * Revokes the refresh token (RFC 7009), which ends the grant, and looks: by introspection (RFC 7662), or by
 * using the token once more.
 */
export async function revoke(connection: Connection, ending: Ending): Promise<Reply> {
  if (!("tokens" in ending)) return noReply(null);
  const { server } = connection;
  const { tokens } = ending;
  const token = tokens.refresh ?? tokens.access;
  const hint = tokens.refresh === null ? "access_token" : "refresh_token";
  try {
    const response = await post(connection, server.revocation_endpoint, {
      token,
      token_type_hint: hint,
    });
    if (!response.ok) return await refusal(response);
    if (tokens.refresh === null) return reply(response, "accepted");
    return await look(connection, tokens.refresh, response);
  } catch (error) {
    return noReply(error);
  }
}

/**
 * Looks whether a refresh token that was revoked opens anything: by introspection, or by using it. Where using
 * it brings another one (RFC 6749 6), that one has to be revoked next.
 * @param revoked the provider's answer to the revocation
 */
export async function look(
  connection: Connection,
  token: string,
  revoked: Response,
): Promise<Reply> {
  const { server } = connection;
  if (server.introspection_endpoint) {
    const response = await post(connection, server.introspection_endpoint, {
      token,
      token_type_hint: "refresh_token",
    });
    const found = await objectIn(response);
    if (response.ok && typeof found?.active === "boolean") {
      return found.active ? stillThere : reply(revoked, "accepted");
    }
  }
  const response = await post(connection, server.token_endpoint, {
    grant_type: "refresh_token",
    refresh_token: token,
  });
  const found = await objectIn(response);
  if (response.status >= 400 && found?.error === "invalid_grant") return reply(revoked, "accepted");
  const { access_token: access, refresh_token: refresh } = Object(found);
  const isNew = response.ok && typeof access === "string" && typeof refresh === "string";
  return isNew ? { ...stillThere, renewed: { tokens: { access, refresh } } } : stillThere;
}

/** `unsupported_token_type` is final. A wrong client secret can be corrected, so it is tried again. */
async function refusal(response: Response): Promise<Reply> {
  const found = await objectIn(response);
  return reply(response, found?.error === "unsupported_token_type" ? "refused" : "failed");
}

/** Sends a form with the client's authentication. */
export async function post(
  connection: Connection,
  url: string | undefined,
  fields: Record<string, string>,
): Promise<Response> {
  if (!url) return new Response(null, { status: 404 });
  const body = new URLSearchParams(fields);
  const headers = new Headers({ Accept: "application/json" });
  await connection.auth(connection.server, clientOf(connection), body, headers);
  return await ask(url, { method: "POST", headers, body });
}
