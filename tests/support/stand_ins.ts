/**
 * Stand-ins for providers that cannot run here. Each has one app, one person, and the odd parts of its
 * documentation:
 * - Apple: "Sign in with Apple REST API" (https://developer.apple.com/documentation/signinwithapplerestapi):
 *   "Creating a client secret", "Token revocation"; "Processing changes for Sign in with Apple accounts"
 *   (https://developer.apple.com/documentation/signinwithapple/processing-changes-for-sign-in-with-apple-accounts);
 *   `/auth/revoke` answers 200 to any token (https://developer.apple.com/forums/thread/707610)
 * - GitHub: "Authorizing OAuth apps"
 *   (https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps), "REST API endpoints for
 *   OAuth authorizations" (https://docs.github.com/en/rest/apps/oauth-applications)
 * - Google: "OpenID Connect" (https://developers.google.com/identity/openid-connect/openid-connect), "Using OAuth
 *   2.0 for Web Server Applications" (https://developers.google.com/identity/protocols/oauth2/web-server), "Protect
 *   user accounts with Cross-Account Protection" (https://developers.google.com/identity/protocols/risc)
 * - Kakao: "Kakao Login > REST API" (https://developers.kakao.com/docs/latest/en/kakaologin/rest-api), "Webhook"
 *   (https://developers.kakao.com/docs/latest/en/kakaologin/callback), "REST API > Error code"
 *   (https://developers.kakao.com/docs/latest/en/rest-api/error-code)
 * - Naver: "네이버 로그인 API 명세" (https://developers.naver.com/docs/login/api/api.md), "네이버 로그인 개발가이드"
 *   (https://developers.naver.com/docs/login/devguide/devguide.md)
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import {
  exportJWK,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  type GenerateKeyPairResult,
  importSPKI,
  jwtVerify,
  SignJWT,
} from "jose";
import { freePort } from "../../cli/sqld.ts";
import { newSecret, sha256 } from "../../crypto/tokens.ts";

const clientSecret = "a secret that both sides know";

/** Something that was issued for a code, and can be revoked. */
interface Issued {
  access: string;
  refresh: string;
}

/** What the request for a code had. */
interface Asked {
  challenge: string;
  nonce: string | null;
  redirectUri: string;
  state: string;
}

export interface StandIn {
  /** The entry of `PROVIDERS`. */
  entry: Record<string, unknown>;
  origin: string;
  /** Method and path of what was asked, in order. */
  asked: string[];
  /** Whether the person has a grant for the app. */
  granted: boolean;
  /** The person's address there. */
  email: string;
  /** Answers a request in place of the usual answer. */
  instead?: (path: string, form: URLSearchParams, usual: () => Promise<Response>) =>
    | Promise<Response>
    | null;
  /** Takes new keys, and publishes only them. */
  rotateKeys(): Promise<void>;
  /** Signs ID tokens with keys that are not published. */
  forgeKeys?: GenerateKeyPairResult;
  /** Signs a notice of the provider about the person. */
  sign(claims: Record<string, unknown>, audience?: string): Promise<string>;
  /** Naver's notice, "연결 끊기 알림", about a person. `at` in ms. */
  naverNotice(id: string, at: number, secret?: string): URLSearchParams;
  /** Goes through the provider's pages. Returns the form that Apple posts, or the callback's path. */
  visit(address: string): { path: string; form?: URLSearchParams };
  close(): Promise<void>;
}

/** The person's id at Naver. */
export const naverId = "jQ2Sl8mVbH1Bw9a-Zf0bLwDgkcTcpbK3ICtMJ3C9Zk0";

const seconds = () => Math.floor(Date.now() / 1000);

type Kind = "google" | "apple" | "kakao" | "naver" | "github";

export async function openStandIn(kind: Kind): Promise<StandIn> {
  const port = freePort();
  const origin = `http://127.0.0.1:${port}`;
  let keys = await generateKeyPair("RS256");
  let kid = "k1";
  let jwk = { ...await exportJWK(keys.publicKey), kid, alg: "RS256", use: "sig" };
  const own = await generateKeyPair("ES256", { extractable: true });
  const entry: Record<string, unknown> = {
    kind,
    base: origin,
    client_id: `${kind}-app`,
    ...(kind === "apple"
      ? {
        team_id: "TEAM123456",
        key_id: "KEY1234567",
        private_key: await exportPKCS8(own.privateKey),
      }
      : { client_secret: clientSecret }),
  };
  const publicPem = await exportSPKI(own.publicKey);
  /** By code: what its request had. */
  const codes = new Map<string, Asked>();
  let issued: Issued | null = null;

  const standIn: StandIn = {
    entry,
    origin,
    asked: [],
    granted: false,
    email: `haru@${kind}.example`,
    sign: (claims, audience = `${kind}-app`) =>
      new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid }).setIssuer(origin)
        .setAudience(audience).setIssuedAt().setJti(newSecret()).sign(
          (standIn.forgeKeys ?? keys).privateKey,
        ),
    // Its appendix on the notice, as kept clients read it: https://github.com/naver/naver-openapi-guide
    naverNotice(id, at, secret = clientSecret) {
      const key = createHash("md5").update(secret).digest();
      const iv = randomBytes(16);
      const cipher = createCipheriv("aes-128-cbc", key, iv);
      const sealed = [iv, cipher.update(id), cipher.final()];
      const fields = new URLSearchParams({
        clientId: "naver-app",
        encryptUniqueId: Buffer.concat(sealed).toString("base64url"),
        timestamp: String(Math.floor(at / 1000)),
      });
      fields.set("signature", createHmac("sha256", key).update(`${fields}`).digest("base64url"));
      return fields;
    },
    async rotateKeys() {
      keys = await generateKeyPair("RS256");
      kid = "k2";
      jwk = { ...await exportJWK(keys.publicKey), kid, alg: "RS256", use: "sig" };
    },
    visit(address) {
      const url = new URL(address);
      const given = url.searchParams;
      const code = newSecret();
      codes.set(code, {
        challenge: given.get("code_challenge")!,
        nonce: given.get("nonce"),
        redirectUri: given.get("redirect_uri")!,
        state: given.get("state")!,
      });
      const first = !standIn.granted;
      standIn.granted = true;
      const back = new URL(given.get("redirect_uri")!);
      const answer = new URLSearchParams({ code, state: given.get("state")! });
      if (given.get("response_mode") !== "form_post") return { path: `${back.pathname}?${answer}` };
      // Apple sends the name only the first time: "Configuring your webpage for Sign in with Apple".
      if (first) answer.set("user", '{"name":{"firstName":"Haru"},"email":"haru@apple.example"}');
      return { path: back.pathname, form: answer };
    },
    close: () => server.shutdown(),
  };

  const live = (token: string | undefined) =>
    standIn.granted && issued !== null && [issued.access, issued.refresh].includes(token ?? "");
  const bearer = (request: Request) =>
    request.headers.get("Authorization")?.replace(/^Bearer /, "");
  const discovery = {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    revocation_endpoint: `${origin}/revoke`,
    jwks_uri: `${origin}/keys`,
    response_types_supported: ["code"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["client_secret_post"],
  };

  /** Apple: "Creating a client secret". All: the secret is in the form. */
  async function isClient(form: URLSearchParams): Promise<boolean> {
    if (form.get("client_id") !== `${kind}-app`) return false;
    if (kind !== "apple") return form.get("client_secret") === clientSecret;
    const { payload, protectedHeader } = await jwtVerify(
      form.get("client_secret")!,
      await importSPKI(publicPem, "ES256"),
      { issuer: "TEAM123456", subject: "apple-app", audience: origin },
    );
    return protectedHeader.kid === "KEY1234567" && payload.exp! - payload.iat! <= 15_777_000;
  }

  async function token(request: Request): Promise<Response> {
    const form = new URLSearchParams(await request.text());
    // Naver and GitHub answer errors with status 200.
    const status = kind === "naver" || kind === "github" ? 200 : 400;
    const refuse = (error: string) => Response.json({ error }, { status });
    if (!await isClient(form)) return refuse("invalid_client");
    const grant = form.get("grant_type");
    // Naver: a token that is not valid is answered "success" as well, and ends nothing.
    if (grant === "delete") {
      if (form.get("service_provider") !== "NAVER") return refuse("invalid_request");
      if (live(form.get("access_token")!)) standIn.granted = false;
      return Response.json({ access_token: form.get("access_token"), result: "success" });
    }
    if (grant === "refresh_token") {
      if (!live(form.get("refresh_token")!)) return refuse("invalid_grant");
      return Response.json({
        access_token: issued!.access,
        token_type: "bearer",
        expires_in: 3600,
      });
    }
    const code = codes.get(form.get("code")!);
    codes.delete(form.get("code")!);
    // Naver does not know PKCE. It wants the `state` ("발급 때 필수").
    const proven = code &&
      (kind === "naver"
        ? form.get("state") === code.state
        : sha256(form.get("code_verifier") ?? "") === code.challenge);
    if (!proven || form.get("redirect_uri") !== code.redirectUri) {
      return refuse(kind === "github" ? "bad_verification_code" : "invalid_grant");
    }
    // Naver's access tokens have "+", "/" and "=".
    issued = { access: newSecret() + (kind === "naver" ? "+/=" : ""), refresh: newSecret() };
    const tokens = { access_token: issued.access, token_type: "bearer" };
    const refresh = { refresh_token: issued.refresh };
    if (kind === "github") return Response.json({ ...tokens, scope: "user:email" });
    if (kind === "naver") return Response.json({ ...tokens, ...refresh, expires_in: "3600" });
    if (kind === "kakao") {
      const times = { expires_in: 21_599, refresh_token_expires_in: 5_183_999 };
      return Response.json({ ...tokens, ...refresh, ...times, scope: "account_email" });
    }
    const id_token = await new SignJWT({
      nonce: code.nonce,
      email: standIn.email,
      ...kind === "apple" // texts, or booleans
        ? { email_verified: "true", is_private_email: "true", auth_time: seconds() }
        : { email_verified: true },
    }).setProtectedHeader({ alg: "RS256", kid }).setIssuer(origin).setSubject("001.person")
      .setAudience(`${kind}-app`).setIssuedAt().setExpirationTime("10m").sign(
        (standIn.forgeKeys ?? keys).privateKey,
      );
    return Response.json({ ...tokens, ...refresh, id_token, expires_in: 3600 });
  }

  async function answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    standIn.asked.push(`${request.method} ${pathname}`);
    switch (pathname) {
      case "/.well-known/openid-configuration":
        return Response.json(discovery);
      case "/keys":
        return Response.json({ keys: [jwk] });
      case "/token":
      case "/oauth/token":
      case "/oauth2.0/token":
      case "/login/oauth/access_token":
        return await token(request);
      case "/revoke": {
        const form = new URLSearchParams(await request.text());
        if (live(form.get("token")!)) standIn.granted = false;
        else if (kind === "google") {
          return Response.json({ error: "invalid_token" }, { status: 400 });
        }
        return new Response(); // Apple: always 200
      }
      // Kakao, "사용자 정보 조회": the id is a number.
      case "/v2/user/me": {
        const byAdmin = request.headers.get("Authorization") === "KakaoAK admin";
        if (byAdmin && !standIn.granted) return Response.json({ code: -101 }, { status: 400 });
        if (!byAdmin && !live(bearer(request))) {
          return Response.json({ code: -401 }, { status: 401 });
        }
        const kakao_account = {
          email: standIn.email,
          email_needs_agreement: false,
          is_email_valid: true,
          is_email_verified: true,
        };
        return Response.json({ id: 1234567890, kakao_account });
      }
      case "/v1/user/access_token_info":
        return live(bearer(request))
          ? Response.json({ id: 1234567890, expires_in: 7199, app_id: 1 })
          : Response.json({ code: -401 }, { status: 401 });
      // Kakao, "연결 해제": with the member's token or with the admin key and the id.
      case "/v1/user/unlink": {
        const form = new URLSearchParams(await request.text());
        const byAdmin = request.headers.get("Authorization") === "KakaoAK admin" &&
          form.get("target_id_type") === "user_id" && form.get("target_id") === "1234567890";
        if (!byAdmin && !live(bearer(request))) {
          return Response.json({ code: -401 }, { status: 401 });
        }
        if (!standIn.granted) return Response.json({ code: -101 }, { status: 400 });
        standIn.granted = false;
        return Response.json({ id: 1234567890 });
      }
      // Naver, "회원 프로필 조회": the profile is inside of `response`.
      case "/v1/nid/me":
        if (!live(bearer(request))) {
          const message = "Authentication failed";
          return Response.json({ resultcode: "024", message }, { status: 401 });
        }
        return Response.json({
          resultcode: "00",
          message: "success",
          response: { id: naverId, email: standIn.email },
        });
      // GitHub, "Get the authenticated user" and "List email addresses".
      case "/user":
        if (!request.headers.has("User-Agent")) {
          return new Response("no user agent", { status: 403 });
        }
        return live(bearer(request))
          ? Response.json({ id: 583231, login: "haru" })
          : Response.json({}, { status: 401 });
      case "/user/emails":
        if (!live(bearer(request))) return Response.json({}, { status: 401 });
        return Response.json([
          { email: "old@github.example", primary: false, verified: true },
          { email: standIn.email, primary: true, verified: true },
        ]);
      // GitHub, "Delete an app authorization" and "Check a token".
      case "/applications/github-app/grant":
      case "/applications/github-app/token": {
        const basic = `Basic ${btoa(`github-app:${clientSecret}`)}`;
        if (request.headers.get("Authorization") !== basic) {
          return new Response(null, { status: 401 });
        }
        const { access_token } = await request.json();
        if (!live(access_token)) {
          return Response.json({}, { status: pathname.endsWith("token") ? 404 : 422 });
        }
        if (pathname.endsWith("token")) return Response.json({ id: 1 });
        standIn.granted = false;
        return new Response(null, { status: 204 });
      }
    }
    return new Response(`unknown: ${pathname}?${searchParams}`, { status: 404 });
  }

  async function serve(request: Request): Promise<Response> {
    const form = new URLSearchParams(await request.clone().text());
    const usual = () => answer(request);
    return await standIn.instead?.(new URL(request.url).pathname, form, usual) ?? await usual();
  }

  const server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, serve);
  return standIn;
}
