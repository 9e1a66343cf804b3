import { noReply, reply } from "./ask.ts";
import { describeByClaims, look, post, secretOf } from "./oidc.ts";
import type { Preset } from "./preset.ts";

/**
 * "OpenID Connect": https://developers.google.com/identity/openid-connect/openid-connect
 * "Using OAuth 2.0 for Web Server Applications": https://developers.google.com/identity/protocols/oauth2/web-server
 */
export const google: Preset = {
  label: { ko: "Google", en: "Google" },
  issuer: "https://accounts.google.com",
  endpoints: null,
  origins: ["https://accounts.google.com"],
  scope: "openid email",
  // "Google doesn't support re-authentication requests": https://developers.google.com/identity/siwg/security-bundle
  // It issues a refresh token for offline access, with a new consent.
  again: { prompt: "consent select_account", access_type: "offline" },
  tellsAuthTime: false,
  authenticate: secretOf,
  describe: describeByClaims,
  canEnd: () => true,
  /** Revoking either token ends the grant: "Revoking a token" in Google's OAuth 2.0 for web servers. */
  async end(connection, ending) {
    if (!("tokens" in ending)) return noReply(null);
    const { access, refresh } = ending.tokens;
    try {
      const token = refresh ?? access;
      const response = await post(connection, connection.server.revocation_endpoint, { token });
      // 400 invalid_token: it was revoked before, by us or by the member. An access token may also have expired.
      const gone = response.status === 400 && refresh !== null;
      if (!response.ok && !gone) return reply(response, "failed");
      if (refresh === null) return reply(response, "accepted");
      return await look(connection, refresh, response);
    } catch (error) {
      return noReply(error);
    }
  },
  // "Manage connections between your Google Account and third parties": https://support.google.com/accounts/answer/13533235
  page: "https://myaccount.google.com/connections",
};
