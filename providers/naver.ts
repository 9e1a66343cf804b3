import { ClientSecretPost } from "oauth4webapi";
import { ask, noReply, objectIn, reply, stillThere } from "./ask.ts";
import { post } from "./oidc.ts";
import { type Connection, type Preset, textIn } from "./preset.ts";

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
  /** `grant_type=delete` with a live access token. Errors come with status 200. */
  async end(connection, ending) {
    if (!("tokens" in ending)) return noReply(null);
    const { server } = connection;
    const { access, refresh } = ending.tokens;
    try {
      let live = access;
      const before = await profileOf(connection, access);
      if (before.status === 401 && refresh !== null) {
        const form = { grant_type: "refresh_token", refresh_token: refresh };
        const found = await objectIn(await post(connection, server.token_endpoint, form));
        if (typeof found?.access_token === "string") live = found.access_token;
      }
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

function profileOf({ at }: Connection, access: string): Promise<Response> {
  return ask(at(profile), { headers: { Authorization: `Bearer ${access}` } });
}
