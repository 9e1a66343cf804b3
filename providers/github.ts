import { Buffer } from "node:buffer";
import { ClientSecretPost } from "oauth4webapi";
import { ask, noReply, objectIn, reply, stillThere } from "./ask.ts";
import { type Connection, numberIn, type Preset } from "./preset.ts";

const api = "https://api.github.com";

/**
 * "Authorizing OAuth apps": https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 * "REST API endpoints for emails": https://docs.github.com/en/rest/users/emails
 */
export const github: Preset = {
  label: { ko: "GitHub", en: "GitHub" },
  issuer: "https://github.com",
  endpoints: {
    authorization: "https://github.com/login/oauth/authorize",
    token: "https://github.com/login/oauth/access_token",
  },
  origins: ["https://github.com"],
  scope: "user:email",
  again: { prompt: "select_account" }, // GitHub cannot be asked for a new authentication
  tellsAuthTime: false,
  authenticate: ({ clientSecret }) => ClientSecretPost(clientSecret!),
  async describe({ at }, { access }) {
    const response = await ask(at(`${api}/user`), { headers: headers(`Bearer ${access}`) });
    const found = response.ok ? await objectIn(response) : null;
    const subject = numberIn(found?.id, "id");
    const list = await ask(at(`${api}/user/emails`), { headers: headers(`Bearer ${access}`) });
    const addresses: unknown = list.ok ? await list.json().catch(() => []) : [];
    const primary = (Array.isArray(addresses) ? addresses : []).find((one) =>
      one?.primary === true
    );
    const email = typeof primary?.email === "string" ? primary.email : null;
    return { subject, email, emailVerified: email !== null && primary.verified === true };
  },
  canEnd: () => true,
  /** "Delete an app authorization", which ends the grant and all of its tokens. Then it checks the token. */
  async end(connection, ending) {
    if (!("tokens" in ending)) return noReply(null);
    const { access } = ending.tokens;
    try {
      const response = await appRequest(connection, "DELETE", "grant", access);
      // 404 and 422: GitHub does not know the token (any more).
      if (![204, 404, 422].includes(response.status)) return reply(response, "failed");
      const look = await appRequest(connection, "POST", "token", access);
      return [404, 422].includes(look.status) ? reply(response, "accepted") : stillThere;
    } catch (error) {
      return noReply(error);
    }
  },
  page: "https://github.com/settings/connections/applications/{client_id}", // "Directing users to review their access"
};

/**
 * A request about a token, with the app's own credentials. "REST API endpoints for OAuth authorizations":
 * https://docs.github.com/en/rest/apps/oauth-applications
 */
function appRequest(
  { at, config }: Connection,
  method: string,
  what: "grant" | "token",
  access: string,
): Promise<Response> {
  const { clientId, clientSecret } = config;
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  return ask(at(`${api}/applications/${clientId}/${what}`), {
    method,
    headers: { ...headers(`Basic ${basic}`), "Content-Type": "application/json" },
    body: JSON.stringify({ access_token: access }),
  });
}

function headers(authorization: string) {
  return {
    Authorization: authorization,
    Accept: "application/vnd.github+json",
    "User-Agent": "Annyeong", // GitHub refuses requests without one
  };
}
