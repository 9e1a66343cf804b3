import { base64url, compactVerify, createLocalJWKSet, errors, type JWK } from "jose";
import type { SignedType } from "./receipt_keys.ts";

/** A compact JWS without its payload, which stands beside it as text (RFC 7515, appendix F). */
export function detach(jws: string): string {
  const [header, , signature] = jws.split(".");
  return `${header}..${signature}`;
}

/** How a signature fails: the text was changed, or none of our keys made it. */
export type SignatureProblem = "altered" | "unknown_key";

/** Returns `null` where the detached signature is one of ours for this text. */
export type VerifyText = (
  text: string,
  signature: string,
  typ: SignedType,
) => Promise<SignatureProblem | null>;

/** @param keys the published keys: of the current one and of those that are retired */
export function createVerifyText(keys: readonly JWK[]): VerifyText {
  const known = createLocalJWKSet({ keys: [...keys] });
  return async (text, signature, typ) => {
    try {
      const jws = signature.replace("..", `.${base64url.encode(text)}.`);
      const { protectedHeader } = await compactVerify(jws, known, { algorithms: ["EdDSA"] });
      return protectedHeader.typ === typ ? null : "altered";
    } catch (error) {
      return error instanceof errors.JWKSNoMatchingKey ? "unknown_key" : "altered";
    }
  };
}
