import { ClientSecretPost } from "oauth4webapi";
import type { Tokens } from "../domain/provider.ts";
import { ask, noReply, objectIn, reply, stillThere } from "./ask.ts";
import { post } from "./oidc.ts";
import { type Connection, type Preset, Rubbish, textIn } from "./preset.ts";

const profile = "https://openapi.naver.com/v1/nid/me";

/**
 * "네이버 로그인 API 명세": https://developers.naver.com/docs/login/api/api.md
 * "네이버 로그인 개발가이드": https://developers.naver.com/docs/login/devguide/devguide.md
 */
export const naver: Preset = {
  label: { ko: "네이버", en: "Naver" },
  issuer: "https://nid.naver.com",
  endpoints: {
    authorization: "https://nid.naver.com/oauth2.0/authorize",
    token: "https://nid.naver.com/oauth2.0/token",
  },
  origins: ["https://nid.naver.com"],
  scope: "", // "전송할 필요 없음": what is asked for is set in Naver's console
  stateWithCode: true, // "발급 때 필수"
  again: { auth_type: "reauthenticate" }, // "5.2 재인증"
  tellsAuthTime: false,
  authenticate: ({ clientSecret }) => ClientSecretPost(clientSecret!),
  /** Naver does not say whether it has verified the address, so it counts as not verified. */
  async describe(connection, { access }) {
    const response = await profileOf(connection, access);
    const found = response.ok ? await objectIn(response) : null;
    const { id, email } = Object(found?.response) as Record<string, unknown>;
    return {
      subject: textIn(id, "id"),
      email: typeof email === "string" ? email : null,
      emailVerified: false,
    };
  },
  canEnd: () => true,
  /**
   * `grant_type=delete` with a live access token. Errors come with status 200. Naver says nothing about a grant
   * to an expired token, so that one is renewed before.
   */
  async end(connection, ending) {
    if (!("tokens" in ending)) return noReply(null);
    const { server } = connection;
    try {
      const live = await liveAccess(connection, ending.tokens);
      if (live === null) return reply(new Response(null, { status: 401 }), "accepted"); // it is over
      const form = { grant_type: "delete", access_token: live, service_provider: "NAVER" };
      const response = await post(connection, server.token_endpoint, form);
      if (!response.ok) return reply(response, "failed");
      const after = await profileOf(connection, live);
      return after.status === 401 ? reply(response, "accepted") : stillThere;
    } catch (error) {
      return noReply(error);
    }
  },
  // "내정보 > 연결된 서비스 관리". The guide gives no address; this is the one that Naver's own page links to.
  page: "https://nid.naver.com/internalToken/view/tokenList/pc/ko",
};

/** The access token, or a new one after it has expired; `null` if Naver does not know the grant any more. */
async function liveAccess(
  connection: Connection,
  { access, refresh }: Tokens,
): Promise<string | null> {
  const before = await profileOf(connection, access);
  if (before.ok) return access;
  if (before.status !== 401 || refresh === null) throw new Rubbish(`status ${before.status}`);
  const form = { grant_type: "refresh_token", refresh_token: refresh };
  const response = await post(connection, connection.server.token_endpoint, form);
  const found = await objectIn(response);
  if (response.ok && typeof found?.access_token === "string") return found.access_token;
  if (["invalid_request", "invalid_grant"].includes(String(found?.error))) return null;
  throw new Rubbish(`status ${response.status}`);
}

function profileOf({ at }: Connection, access: string): Promise<Response> {
  return ask(at(profile), { headers: { Authorization: `Bearer ${access}` } });
}
