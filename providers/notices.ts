/** What a provider says by itself: that its member has ended the grant, or has lost the account there. */
import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from "jose";
import { isSameSecret } from "../crypto/tokens.ts";
import type { ProviderConfig } from "../config/mod.ts";
import { ask, objectIn } from "./ask.ts";
import { issuerOf, serverOf } from "./mod.ts";
import { openNaverNotice } from "./naver_notice.ts";

/** What a notice is about, and what it ends here. */
export interface ProviderNotice {
  issuer: string;
  subject: string;
  /** `identity`: the link to the member. `sessions`: only the member's sessions. */
  ends: "identity" | "sessions";
  /** When it became true, ms. A link that was made later is not meant. */
  at: number;
}

/** A notice as it arrived. */
export interface Posted {
  /** The header. */
  authorization: string | undefined;
  /** The query of the address. Kakao's GET has its fields there, and Naver's sample of a POST as well. */
  query: string;
  body: string;
}

/** The notice is not the provider's own, or not for us. */
export class NotAuthentic extends Error {
  override name = "NotAuthentic";
}

/**
 * Reads a notice of a provider, and verifies that it is the provider's.
 * @param now ms
 * @returns `null` if it is genuine, and nothing follows from it
 * @throws `NotAuthentic`
 */
export async function readNotice(
  config: ProviderConfig,
  posted: Posted,
  now: number,
): Promise<ProviderNotice | null> {
  switch (config.kind) {
    case "kakao":
      return ofKakao(config, posted, now);
    case "naver":
      return await ofNaver(config, posted);
    case "apple":
      return ofApple(config, await verified(config, payloadIn(posted.body), now));
    case "google":
    case "oidc":
      return ofEvents(config, await verified(config, posted.body.trim(), now));
    default:
      throw new NotAuthentic("this provider sends no notices");
  }
}

function fieldsIn({ body, query }: Posted): URLSearchParams {
  return new URLSearchParams(body === "" ? query : body);
}

/**
 * Kakao: "연결 해제 웹훅", by GET or POST. It carries no signature but the primary admin key of the app.
 * https://developers.kakao.com/docs/latest/ko/kakaologin/callback
 */
function ofKakao(
  config: ProviderConfig,
  posted: Posted,
  now: number,
): ProviderNotice {
  const { authorization = "" } = posted;
  const known = config.adminKey !== null &&
    isSameSecret(authorization, `KakaoAK ${config.adminKey}`);
  const subject = fieldsIn(posted).get("user_id");
  if (!known || !subject) throw new NotAuthentic("the admin key does not fit");
  return { issuer: issuerOf(config), subject, ends: "identity", at: now };
}

async function ofNaver(config: ProviderConfig, posted: Posted): Promise<ProviderNotice> {
  const notice = await openNaverNotice(config, fieldsIn(posted));
  if (!notice) throw new NotAuthentic("the signature does not fit");
  return { issuer: issuerOf(config), ...notice, ends: "identity" };
}

/** The claims of a signed notice (RFC 8417). */
interface Claims {
  iss: string;
  aud: string | string[];
  /** Seconds. */
  iat: number;
  events: unknown;
}

function payloadIn(body: string): string {
  try {
    return String(JSON.parse(body).payload);
  } catch (cause) {
    throw new NotAuthentic("not JSON", { cause });
  }
}

/**
 * `events` is a JSON text. "Processing changes for Sign in with Apple accounts":
 * https://developer.apple.com/documentation/signinwithapple/processing-changes-for-sign-in-with-apple-accounts
 */
function ofApple(config: ProviderConfig, { events, iat }: Claims): ProviderNotice | null {
  const { type, sub, event_time } = JSON.parse(String(events));
  if (!["consent-revoked", "account-delete", "account-deleted"].includes(type)) return null;
  const at = typeof event_time === "number" ? event_time : endOf(iat);
  return { issuer: issuerOf(config), subject: String(sub), ends: "identity", at };
}

const risc = "https://schemas.openid.net/secevent/risc/event-type/";

/**
 * What events of a security event token end: OpenID RISC Profile 1.0, and Google's "Protect user accounts with
 * Cross-Account Protection" (https://developers.google.com/identity/protocols/risc). All others are taken and
 * change nothing.
 */
const ends: Record<string, ProviderNotice["ends"]> = {
  "https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked": "identity",
  [`${risc}account-purged`]: "identity",
  [`${risc}account-disabled`]: "sessions",
  [`${risc}sessions-revoked`]: "sessions",
};

function ofEvents(config: ProviderConfig, { events, iat }: Claims): ProviderNotice | null {
  for (const [type, event] of Object.entries(Object(events))) {
    const { subject } = Object(event);
    const end = ends[type];
    if (!end || typeof subject?.sub !== "string") continue;
    if (withoutSlash(subject.iss) !== withoutSlash(issuerOf(config))) continue;
    return { issuer: issuerOf(config), subject: subject.sub, ends: end, at: endOf(iat) };
  }
  return null;
}

/** The last millisecond of a second: what was linked within it may be meant. */
function endOf(second: number): number {
  return second * 1000 + 999;
}

/** Google writes its issuer with a slash at the end in security event tokens, and without in ID tokens. */
function withoutSlash(issuer: unknown): string {
  return String(issuer).replace(/\/$/, "");
}

/** How long keys count, and how soon an unknown key may have them read again, ms. */
const keysMs = 60 * 60_000;
const againMs = 60_000;

const keysOf = new WeakMap<ProviderConfig, { keys: JSONWebKeySet; at: number }>();

/** Verifies a signed notice: signature, issuer, audience. A notice does not expire (RFC 8417 2.2). */
async function verified(config: ProviderConfig, jwt: string, now: number): Promise<Claims> {
  const algorithms = ["RS256", "ES256", "PS256", "EdDSA", "Ed25519"];
  const verify = async (maxAgeMs: number) => {
    const keys = createLocalJWKSet(await readKeys(config, now, maxAgeMs));
    return await compactVerify(jwt, keys, { algorithms });
  };
  try {
    const { payload } = await verify(keysMs).catch((error) => {
      if (error instanceof errors.JWKSNoMatchingKey) return verify(againMs);
      throw error;
    });
    const claims: Claims = JSON.parse(new TextDecoder().decode(payload));
    const isOurs = [claims.aud].flat().includes(config.clientId) &&
      withoutSlash(claims.iss) === withoutSlash(issuerOf(config));
    if (!isOurs || typeof claims.iat !== "number") {
      throw new NotAuthentic("the issuer or the audience does not fit");
    }
    return claims;
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError || cause instanceof SyntaxError)) throw cause;
    throw new NotAuthentic("the signature does not fit", { cause });
  }
}

async function readKeys(
  config: ProviderConfig,
  now: number,
  maxAgeMs: number,
): Promise<JSONWebKeySet> {
  const known = keysOf.get(config);
  if (known && now - known.at < maxAgeMs) return known.keys;
  const { jwks_uri } = await serverOf(config, now);
  const keys = await objectIn(await ask(jwks_uri!));
  if (!Array.isArray(keys?.keys)) throw new Error("the provider sent no keys");
  keysOf.set(config, { keys: keys as unknown as JSONWebKeySet, at: now });
  return keys as unknown as JSONWebKeySet;
}
