/**
 * The schemas that validate, in the names of `components.schemas`, with what their checks do not say in
 * JSON Schema. A constraint is written here only where the service refuses all that it refuses: what is
 * trimmed and normalised first has its lengths in words.
 */
import * as z from "zod/mini";
import { emailAddress, loginName } from "../../domain/member.ts";
import { passwordMaxLength } from "../../domain/password.ts";
import { reasons } from "../../domain/withdrawal.ts";
import {
  addressee,
  assertionResponse,
  base64url,
  once,
  password,
  registrationResponse,
} from "../../routes/fields.ts";
import { proof } from "../../routes/confirmation.tsx";
import { credentials, name, withPasskey } from "../../routes/login.tsx";
import { addition } from "../../routes/passkeys.tsx";
import { registration, wanted } from "../../routes/register.tsx";
import { change, emailChange } from "../../routes/userinfo.tsx";
import { confirmation } from "../../routes/withdrawal.tsx";

export const requests = {
  Registration: registration,
  Credentials: credentials,
  PasswordChange: change,
  Confirmation: confirmation,
  Proof: proof,
  Wanted: wanted,
  PasskeyProof: withPasskey,
  PasskeyAddition: addition,
  Addressee: addressee,
  EmailChange: emailChange,
};
export type RequestName = keyof typeof requests;

const user_id = "haneul";
const good = "a fine day for hello";

const credential = { id: "AQID", rawId: "AQID", type: "public-key" };
const assertion = {
  ...credential,
  response: {
    clientDataJSON: "e30",
    authenticatorData: "AQID",
    signature: "AQID",
    userHandle: "AQID",
  },
};
const made = {
  ...credential,
  response: { clientDataJSON: "e30", attestationObject: "oA", transports: ["internal"] },
};

export const examples: Record<RequestName, unknown> = {
  Registration: { user_id, email: "haneul@example.com", password: good },
  Credentials: { user_id, password: good },
  PasswordChange: { current: good, password: "a finer day for hello" },
  Confirmation: { password: good, reason: "privacy" },
  Proof: { password: good },
  Wanted: { user_id, email: "haneul@example.com" },
  PasskeyProof: { passkey: assertion },
  PasskeyAddition: { name: "iPhone", passkey: made },
  Addressee: { user_id },
  EmailChange: { email: "haneul@new.example" },
};

/** A field that may be left out, `null` or empty. */
const absent = { type: ["string", "null"] };

/** What each schema says besides: by schema, for several requests share them. */
export const remarks = new Map<z.core.$ZodType, Record<string, unknown>>([
  [loginName, {
    pattern: "^\\s*\\S+\\s*$",
    description: "2 to 40 letters, digits or `._@+-` of any script; trimmed, NFC. " +
      "With `@` only the member's own `email`.",
  }],
  [emailAddress, {
    pattern: "^\\s*[^\\s@]+@[^\\s@]+\\.[^\\s@]+\\s*$",
    description: "At most 254 characters; trimmed, NFC.",
  }],
  [name, { pattern: "\\S" }],
  [password, {
    minLength: 1,
    format: "password",
    description:
      `At most ${passwordMaxLength} characters in NFC. A new one has 8 or more, or what the operator ` +
      "asks for, is not easily guessed, and contains neither the member's nor the service's name.",
  }],
  [base64url, { pattern: "^[A-Za-z0-9_-]+$" }],
  [registrationResponse, {
    description: "`credential.toJSON()` of the browser; in a form, its text.",
  }],
  [assertionResponse, {
    description: "`credential.toJSON()` of the browser; in a form, its text.",
  }],
  [change.shape.current, { ...absent, minLength: undefined }],
  [confirmation.shape.password, { ...absent, minLength: undefined }],
  [confirmation.shape.phrase, {
    ...absent,
    maxLength: 100,
    description: "`회원탈퇴`, `withdraw` or `delete`.",
  }],
  [addressee, { description: "Either of the two. `user_id` may be an e-mail address as well." }],
  [addressee.shape.user_id, { ...absent, maxLength: 254 }],
  [addressee.shape.email, { ...absent, maxLength: 254 }],
  [once, {
    ...absent,
    pattern: "^(?:.{22,100})?$",
    description: "A random token: sent again, it leads to the answer of the first time.",
  }],
  [confirmation.shape.user_id, { ...absent, maxLength: 254, description: "Has to match." }],
  [confirmation.shape.reason, { ...absent, enum: [...reasons, "", null] }],
]);

/** The bodies that `acceptTutorialNames` of routes/fields.ts reads. */
export const takesTutorialNames = new Set<z.core.$ZodType>([registration, credentials]);

/**
 * Allows the tutorial's names where ours are not given. Each combination is a schema of its own, so that
 * a generated type says which fields a body needs.
 */
export function withTutorialNames(schema: z.core.JSONSchema.BaseSchema): void {
  const { user_id, password, passkey, ...others } = schema.properties!;
  const optional = new Set(Object.keys(others).filter((name) => !schema.required?.includes(name)));
  const names = [{ user_id }, { userid: { type: "string" } }];
  const secrets = [
    { password },
    { userpw: { type: "string" } },
    ...passkey ? [{ passkey }] : [],
  ];
  const variants = names.flatMap((name) =>
    secrets.map((secret) => ({ ...name, ...others, ...secret }))
  );
  schema.anyOf = variants.map((properties) => ({
    type: "object" as const,
    properties: properties as typeof schema.properties & object,
    required: Object.keys(properties).filter((name) => !optional.has(name)),
    ...(("userid" in properties || "userpw" in properties) && { deprecated: true }),
  }));
  delete schema.type;
  delete schema.properties;
  delete schema.required;
}
