import { calculateJwkThumbprint, CompactSign, type JWK } from "jose";
import type { Gone, Receipt } from "../domain/receipt.ts";

/** Signs receipts, the ledger and statements, and publishes what they are verified with. */
export interface ReceiptKeys {
  /**
   * A compact JWS, EdDSA, `typ: "erasure-receipt+jwt"`. Ed25519 has no randomness (RFC 8032), so one
   * receipt under one key is one text, whenever it is asked for.
   */
  sign(receipt: Receipt, issuer: string): Promise<string>;
  /** A compact JWS of any text; `typ` says what it is, so that one kind never passes for another. */
  signText(text: string, typ: SignedType): Promise<string>;
  /** The public halves of all keys, RFC 7517. */
  jwks: { keys: readonly JWK[] };
}

/** The `typ` of each kind of text that the receipt key signs (RFC 7515 4.1.9). */
export type SignedType =
  | "erasure-receipt+jwt"
  | "erasure-ledger-line"
  | "erasure-ledger-trailer"
  | "restore-drill+jwt";

/**
 * @param keys Ed25519 JWKs: the first signs, so it is private; retired ones may be public halves. The
 *   first proves that its halves belong together, so that nobody is erased under a receipt that cannot be
 *   signed or checked. Throws when they do not.
 */
export async function openReceiptKeys(keys: readonly JWK[]): Promise<ReceiptKeys> {
  const key = await openKey(keys[0]!);
  const jwks = await Promise.all(keys.map(publicHalf));
  const encoder = new TextEncoder();
  const signText = (text: string, typ: SignedType) =>
    new CompactSign(encoder.encode(text))
      .setProtectedHeader({ alg: "EdDSA", typ, kid: jwks[0]!.kid! })
      .sign(key);
  return {
    signText,
    async sign(receipt, issuer) {
      const claims = {
        iss: issuer,
        jti: receipt.receiptId,
        iat: Math.floor(receipt.erasedAt / 1000),
        destroyed: receipt.destroyed.map(flat),
        anonymised: receipt.anonymised.map(flat),
        kept: receipt.kept.map((kept) => ({
          ...flat(kept),
          ground: kept.ground,
          until: new Date(kept.until).toISOString(),
        })),
        recipients: receipt.recipients.map(({ name }) => name),
        backup_days: receipt.backupDays,
        remaining: 0,
      };
      return await signText(JSON.stringify(claims), "erasure-receipt+jwt");
    },
    jwks: { keys: jwks },
  };
}

async function openKey(jwk: JWK): Promise<CryptoKey> {
  const { kty, crv, x, d } = jwk as JsonWebKey;
  const open = (half: JsonWebKey, use: KeyUsage) =>
    crypto.subtle.importKey("jwk", { kty: kty!, ...half }, "Ed25519", false, [use]);
  const key = await open({ crv: crv!, x: x!, d: d! }, "sign");
  const publicKey = await open({ crv: crv!, x: x! }, "verify");
  const probe = crypto.getRandomValues(new Uint8Array(32));
  const signature = await crypto.subtle.sign("Ed25519", key, probe);
  const verified = await crypto.subtle.verify("Ed25519", publicKey, signature, probe);
  if (!verified) throw new Error("the halves of a receipt key do not belong together");
  return key;
}

/** A key without a `kid` is named by its thumbprint (RFC 7638), which every holder of the key can compute. */
async function publicHalf({ kty, crv, x, kid }: JWK): Promise<JWK> {
  const half = { kty, crv, x } as JWK;
  return { ...half, kid: kid ?? await calculateJwkThumbprint(half), alg: "EdDSA", use: "sig" };
}

function flat({ what, count }: Gone) {
  return { what, count };
}
