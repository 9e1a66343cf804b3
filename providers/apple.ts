import { Buffer } from "node:buffer";
import { CompactSign } from "jose";
import { ClientSecretPost } from "oauth4webapi";
import { noReply, reply } from "./ask.ts";
import { describeByClaims, look, post } from "./oidc.ts";
import type { Preset } from "./preset.ts";

const issuer = "https://appleid.apple.com";

/**
 * "Sign in with Apple REST API": https://developer.apple.com/documentation/signinwithapplerestapi
 * "Token revocation": https://developer.apple.com/documentation/signinwithapplerestapi/revoke-tokens
 * The name, which Apple sends only the first time, is not asked for.
 */
export const apple: Preset = {
  label: { ko: "Apple", en: "Apple" },
  issuer,
  endpoints: null,
  origins: [issuer],
  scope: "openid email",
  parameters: { response_mode: "form_post" }, // Apple demands it where a scope is asked for
  again: {}, // Apple always asks for the password, the face or the finger
  tellsAuthTime: false,
  /** The secret is a JWT that our key signs ("Creating a client secret"). It lives for five minutes. */
  async authenticate({ apple, clientId }, server, now) {
    const { teamId, keyId, privateKey } = apple!;
    const seconds = Math.floor(now / 1000);
    const claims = {
      iss: teamId,
      sub: clientId,
      aud: server.issuer,
      iat: seconds,
      exp: seconds + 300,
    };
    const secret = await new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: "ES256", kid: keyId })
      .sign(await keyIn(privateKey));
    return ClientSecretPost(secret);
  },
  describe: describeByClaims,
  canEnd: (_, { refresh }) => refresh !== null,
  /** `/auth/revoke` always answers 200, so the token is used once more. */
  async end(connection, ending) {
    if (!("tokens" in ending) || ending.tokens.refresh === null) return noReply(null);
    const { refresh } = ending.tokens;
    const { server } = connection;
    const url = server.revocation_endpoint ?? `${server.issuer}/auth/revoke`;
    try {
      const form = { token: refresh, token_type_hint: "refresh_token" };
      const response = await post(connection, url, form);
      if (!response.ok) return reply(response, "failed");
      return await look(connection, refresh, response);
    } catch (error) {
      return noReply(error);
    }
  },
  // "Manage your apps with Sign in with Apple": https://support.apple.com/en-us/102571
  page: "https://account.apple.com/account/manage",
};

/** The key of Apple's `.p8` file: PKCS #8 as PEM (RFC 7468). */
async function keyIn(pem: string): Promise<CryptoKey> {
  const bytes = Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return await crypto.subtle.importKey("pkcs8", bytes, algorithm, false, ["sign"]);
}
