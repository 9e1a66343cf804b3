import { ClientSecretPost } from "oauth4webapi";
import type { Ending } from "../domain/provider.ts";
import { ask, noReply, objectIn, reply, stillThere } from "./ask.ts";
import { post } from "./oidc.ts";
import { type Connection, numberIn, type Preset, Rubbish } from "./preset.ts";

const api = "https://kapi.kakao.com";

/**
 * "Kakao Login > REST API": https://developers.kakao.com/docs/latest/en/kakaologin/rest-api
 * "REST API > Error code": https://developers.kakao.com/docs/latest/en/rest-api/error-code
 */
export const kakao: Preset = {
  label: { ko: "카카오", en: "Kakao" },
  issuer: "https://kauth.kakao.com",
  endpoints: {
    authorization: "https://kauth.kakao.com/oauth/authorize",
    token: "https://kauth.kakao.com/oauth/token",
  },
  origins: ["https://kauth.kakao.com", "https://accounts.kakao.com"],
  scope: "account_email",
  again: { prompt: "login" },
  tellsAuthTime: false,
  authenticate: ({ clientSecret }) => ClientSecretPost(clientSecret!),
  async describe({ at }, { access }) {
    const response = await ask(at(`${api}/v2/user/me`), { headers: bearer(access) });
    const found = response.ok ? await objectIn(response) : null;
    const account = Object(found?.kakao_account) as Record<string, unknown>;
    const { email, is_email_valid, is_email_verified } = account;
    return {
      subject: numberIn(found?.id, "id"),
      email: typeof email === "string" ? email : null,
      emailVerified: is_email_valid === true && is_email_verified === true,
    };
  },
  canEnd: () => true,
  end,
  // "연결된 서비스 관리" of the Kakao account. The documentation gives no address.
  page: "https://accounts.kakao.com/weblogin/account/partner",
};

/** "Unlink" with the member's token or with the admin key. Afterwards Kakao does not know the user any more. */
async function end(connection: Connection, ending: Ending) {
  const { at, config } = connection;
  try {
    if ("subject" in ending) {
      const headers = { Authorization: `KakaoAK ${config.adminKey}` };
      const target = new URLSearchParams({ target_id_type: "user_id", target_id: ending.subject });
      const url = at(`${api}/v1/user/unlink`);
      const response = await ask(url, { method: "POST", headers, body: target });
      const found = await objectIn(response);
      if (response.status === 400 && found?.code === notLinked) return reply(response, "accepted");
      if (!response.ok) return reply(response, "failed");
      const look = await ask(at(`${api}/v2/user/me?${target}`), { headers });
      const known = look.ok || (await objectIn(look))?.code !== notLinked;
      return known ? stillThere : reply(response, "accepted");
    }
    const access = await freshAccess(connection, ending);
    if (access === null) return reply(new Response(null, { status: 401 }), "accepted"); // it is over
    const init = { method: "POST", headers: bearer(access) };
    const response = await ask(at(`${api}/v1/user/unlink`), init);
    if (!response.ok) return reply(response, "failed");
    const look = await ask(at(`${api}/v1/user/access_token_info`), { headers: bearer(access) });
    return look.status === 401 ? reply(response, "accepted") : stillThere;
  } catch (error) {
    return noReply(error);
  }
}

/** Code of an error, with status 400: the account is not linked to the app. */
const notLinked = -101;

/** The access token, or a new one after it has expired; `null` if neither token opens anything. */
async function freshAccess(
  connection: Connection,
  { tokens }: { tokens: { access: string; refresh: string | null } },
): Promise<string | null> {
  const { at, server } = connection;
  const look = await ask(at(`${api}/v1/user/access_token_info`), {
    headers: bearer(tokens.access),
  });
  if (look.ok) return tokens.access;
  if (look.status !== 401) throw new Rubbish(`status ${look.status}`);
  if (tokens.refresh === null) return null;
  const form = { grant_type: "refresh_token", refresh_token: tokens.refresh };
  const response = await post(connection, server.token_endpoint, form);
  const found = await objectIn(response);
  if (response.ok && typeof found?.access_token === "string") return found.access_token;
  if (found?.error === "invalid_grant") return null;
  throw new Rubbish(`status ${response.status}`);
}

function bearer(access: string) {
  return { Authorization: `Bearer ${access}` };
}
