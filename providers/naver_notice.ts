import { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import { isSameSecret } from "../crypto/tokens.ts";
import type { ProviderConfig } from "../config/mod.ts";

/**
 * Reads Naver's word that a member has ended the grant or has left Naver. The MD5 of the client secret is the key
 * of the signature (HMAC-SHA-256) and of the member's id (AES-128-CBC behind its IV): Naver's rule.
 * "네이버 로그인 연결 끊기 알림 받기": https://developers.naver.com/docs/login/devguide/devguide.md
 * @returns the member's id there and when Naver sent it, ms; `null` if Naver did not sign it for us
 */
export async function openNaverNotice(
  { clientId, clientSecret }: ProviderConfig,
  fields: URLSearchParams,
): Promise<{ subject: string; at: number } | null> {
  const [id, sealed, timestamp, signature] = [
    "clientId",
    "encryptUniqueId",
    "timestamp",
    "signature",
  ].map((name) => fields.get(name) ?? "");
  const key = new Uint8Array(createHash("md5").update(clientSecret!).digest());
  const text = `clientId=${id}&encryptUniqueId=${sealed}&timestamp=${timestamp}`;
  const expected = createHmac("sha256", key).update(text).digest("base64url");
  const isOurs = id === clientId && isSameSecret(signature!.replace(/=+$/, ""), expected);
  if (!isOurs || !/^\d{1,12}$/.test(timestamp!)) return null;
  const bytes = new Uint8Array(Buffer.from(sealed!, "base64url"));
  const aes = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["decrypt"]);
  const iv = bytes.subarray(0, 16);
  const opened = await crypto.subtle.decrypt({ name: "AES-CBC", iv }, aes, bytes.subarray(16))
    .catch(() => null);
  if (opened === null) return null;
  // The last millisecond of the second: what was linked within it may be meant.
  return { subject: new TextDecoder().decode(opened), at: Number(timestamp) * 1000 + 999 };
}
