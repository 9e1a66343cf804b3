import type { Context } from "hono";
import * as z from "zod/mini";
import type { Given } from "../actions/prove.ts";
import { recordWithCredentials } from "../actions/record.ts";
import { passwordMaxLength } from "../domain/password.ts";
import { isForm } from "../http/body.ts";
import { clientOf } from "../http/client.ts";
import type { Env } from "../http/env.ts";
import { relyingPartyOf } from "../http/origin.ts";
import { noteSession, requireSecret } from "../http/session.ts";
import type { Refusal } from "../pages/form.tsx";

/** A password as it was typed: spaces count, nothing is trimmed, nothing is cut. */
export const password = z.string().check(
  z.refine((text) => text !== "", { error: "required" }),
  z.refine((text) => text.isWellFormed(), { error: "malformed" }),
  z.refine((text) => [...text.normalize("NFC")].length <= passwordMaxLength, { error: "too_long" }),
);

/** A text of at most `max` characters. */
export function shortText(max: number) {
  return z.string().check(z.refine((text) => text.length <= max, { error: "too_long" }));
}

/**
 * The token of a form that is shown: sent again, it leads to the answer of the first time. Programs may
 * send one as well, at least 128 random bits.
 */
export const once = optional(
  z.string().check(
    z.refine((text) => text.length >= 22 && text.length <= 100, { error: "malformed" }),
  ),
);

/** The prefix of the boxes of consents in a form. */
const consentPrefix = "consent_";

/** The names of the consents that a body gives: `consents` in JSON, boxes in a form. */
export function consentsIn(given: Readonly<Record<string, unknown>>): string[] {
  if (Array.isArray(given.consents)) return given.consents.filter((one) => typeof one === "string");
  return Object.keys(given).filter((key) => key.startsWith(consentPrefix) && given[key])
    .map((key) => key.slice(consentPrefix.length));
}

/** The same for the body of a request. */
export async function consentsOf(c: Context): Promise<string[]> {
  const text = await c.req.text();
  if (isForm(c)) return consentsIn(Object.fromEntries(new URLSearchParams(text)));
  return consentsIn(text === "" ? {} : JSON.parse(text));
}

/** A field that may be left out; what a form leaves empty was left out. */
export function optional<T, Text extends string>(schema: z.ZodMiniType<T, Text>) {
  const emptyIsAbsent = z.transform((value: Text | "" | null | undefined) =>
    value === "" || value === null ? undefined : value as string | undefined
  );
  return z.optional(z.pipe(emptyIsAbsent, z.optional(schema as z.ZodMiniType<T, string>)));
}

/** A body with a user id and a password, whose fields the tutorial's forms call `userid` and `userpw`. */
type TutorialNames<Body> =
  | Body
  | Omit<Body, "user_id" | "password"> & { userid: string; userpw: string };

/** `schema` for bodies that may use the tutorial's names. Where both are given, ours count. */
export function acceptTutorialNames<
  Body extends { user_id: string; password?: string | null | undefined },
  Out,
>(
  schema: z.ZodMiniType<Out, Body>,
): z.ZodMiniType<Out, TutorialNames<Body>> {
  const rename = z.transform((body: unknown) => {
    if (typeof body !== "object" || body === null) return body;
    const { userid, userpw, ...rest } = body as Record<string, unknown>;
    return { user_id: userid, password: userpw, ...rest };
  }) as z.ZodMiniType<unknown> as z.ZodMiniType<Body, TutorialNames<Body>>;
  return z.pipe(rename, schema);
}

/** Bytes, as WebAuthn writes them in JSON. */
export const base64url = z.string().check(
  z.refine((text) => /^[A-Za-z0-9_-]+$/.test(text), { error: "malformed" }),
);

/** What every credential of WebAuthn has, as `credential.toJSON()` of the browser gives it. */
const credential = {
  id: base64url,
  rawId: base64url,
  type: z.literal("public-key"),
  authenticatorAttachment: z.optional(z.nullable(z.string())),
};

/** `RegistrationResponseJSON` of WebAuthn Level 3. What is not read is not checked. */
export const registrationResponse = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z.optional(z.nullable(z.array(z.string()))),
  }),
});

/** `AuthenticationResponseJSON` of WebAuthn Level 3. What is not read is not checked. */
export const assertionResponse = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: z.optional(z.nullable(z.string())),
  }),
});

/** A passkey in a body: an object in JSON, its text in a form. */
export function passkey<Out, In>(schema: z.ZodMiniType<Out, In>): z.ZodMiniType<Out, In> {
  return z.pipe(fromText, schema as z.ZodMiniType) as z.ZodMiniType as z.ZodMiniType<Out, In>;
}

const fromText = z.transform((value: unknown) => {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
});

/** A body gives one proof. Given two, one could be wrong without being noticed. */
export const oneProof = z.refine<{ password?: unknown; passkey?: unknown }>(
  (body) => body.passkey === undefined || body.password === undefined,
  { path: ["passkey"], error: "unknown" },
);

/** Whom to mail a link to: a user id or an e-mail address. A page sends either as `user_id`. */
export const addressee = z.object({
  user_id: optional(shortText(254)),
  email: optional(shortText(254)),
}).check(
  z.refine(({ user_id, email }) => user_id !== undefined || email !== undefined, {
    path: ["user_id"],
    error: "required",
  }),
);

/** Returns what a request for a link says about the member, and where it came from. */
export function askedIn(c: Context<Env>, { user_id, email }: z.output<typeof addressee>) {
  const text = (email ?? user_id!).trim();
  const only = email === undefined ? null : "email" as const;
  return { text, only, client: clientOf(c), language: c.var.language };
}

/** Returns what a body gives as a proof, or `null`. */
export function givenIn(
  c: Context<Env>,
  { password, passkey }: {
    password?: string | undefined;
    passkey?: z.output<typeof assertionResponse> | undefined;
  },
): Given | null {
  if (passkey) return { passkey, party: relyingPartyOf(c) };
  return password === undefined ? null : { password };
}

/**
 * Returns the names of the member's credentials, for a page that asks for one. While the database is away,
 * the page is shown as to a member with a password.
 */
export async function credentialsOf(c: Context<Env>, refusal?: Refusal): Promise<string[]> {
  if (refusal?.code === "unavailable") return ["password"];
  const found = await recordWithCredentials(c.var.services, requireSecret(c), c.var.now);
  noteSession(c, found.session);
  return found.credentials;
}
