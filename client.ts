/**
 * For programs that call the service: a typed client, and the check of a receipt. It runs in every runtime
 * with `fetch`. docs/api.md describes the answers.
 */
import { type ClientRequestOptions, hc } from "hono/client";
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from "jose";
import type { AppType } from "./app.ts";

export type { AppType };

/** The routes as functions: `client.userinfo.$get()`. */
export type Client = ReturnType<typeof hc<AppType>>;

/**
 * @param origin of the service, such as `https://members.example`
 * @param options of Hono's `hc`: headers, and a `fetch` that keeps cookies outside a browser
 */
export function createClient(origin: string, options?: ClientRequestOptions): Client {
  return hc<AppType>(origin, options);
}

/**
 * Verifies the `receipt` of an erasure with the public keys of the service, and returns its claims. Throws
 * an error of jose if the service did not sign it, and one of `fetch` if the keys cannot be read.
 * @param origin of the service that erased the member
 */
export async function verifyReceipt(receipt: string, origin: string): Promise<JWTPayload> {
  const issuer = new URL(origin).origin;
  const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", issuer));
  const { payload } = await jwtVerify(receipt, keys, {
    issuer,
    algorithms: ["EdDSA"],
    typ: "erasure-receipt+jwt",
  });
  return payload;
}
