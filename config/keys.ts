import type { JWK } from "jose";
import * as z from "zod/mini";
import { newSecret } from "../crypto/tokens.ts";
import { json, list } from "./fields.ts";

/** Secrets generated for development begin with this mark, so that production can refuse them. */
const generatedMark = "generated-";

const missing = "is missing: deno task keys prints a value";

const secret = z.string({ error: missing }).check(
  z.refine((text) => text.length >= 32, {
    error: "must have 32 random characters or more: deno task keys prints a value",
  }),
);

const notKey =
  "must be an Ed25519 private key as a JWK, or a JSON list of such keys: deno task keys prints one";

/** A retired key may be only its public half, because it signs nothing any more. */
const receiptKey = z.looseObject({
  kty: z.literal("OKP", { error: notKey }),
  crv: z.literal("Ed25519", { error: notKey }),
  x: z.string({ error: notKey }),
  d: z.optional(z.string({ error: notKey })),
  kid: z.optional(z.string({ error: notKey }).check(z.minLength(1, { error: notKey }))),
}, { error: notKey });

export const secretFields = {
  SESSION_SECRET: list(secret, { error: missing }),
  IDENTIFIER_KEY: secret,
  RECEIPT_PRIVATE_KEY: z.pipe(
    json({ error: missing }),
    z.pipe(
      z.transform((keys: unknown) => Array.isArray(keys) ? keys : [keys]),
      z.pipe(
        z.array(receiptKey).check(
          z.minLength(1, { error: "holds no key: deno task keys prints one" }),
          z.refine((keys) => keys.length === 0 || keys[0]!.d !== undefined, {
            error: 'must begin with a private key, which has "d": the first key signs',
          }),
        ),
        z.transform((keys) => keys as JWK[]),
      ),
    ),
  ),
};

/** Whether a secret was generated for development, typed by hand, or copied from an example. */
export function isGuessable(secret: string): boolean {
  return secret.startsWith(generatedMark) || new Set(secret).size < 10 ||
    /change.?me|example|sample/i.test(secret);
}

/** Whether a receipt key was generated for development. */
export function isGenerated({ kid }: JWK): boolean {
  return kid?.startsWith(generatedMark) ?? false;
}

/**
 * Makes a fresh value for every secret. Values for "development" carry a mark that production refuses.
 */
export async function freshSecrets(use: "generated" | "production") {
  const mark = use === "generated" ? generatedMark : "";
  const pair = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const { kty, crv, x, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  const kid = mark + newSecret().slice(0, 12);
  return {
    SESSION_SECRET: mark + newSecret(),
    IDENTIFIER_KEY: mark + newSecret(),
    RECEIPT_PRIVATE_KEY: JSON.stringify({ kty, crv, x, d, kid }),
  };
}
