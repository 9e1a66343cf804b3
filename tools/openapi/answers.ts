/** What the service answers, in the names of `components.schemas`. Closed: a new field has to be told. */
import * as z from "zod/mini";
import { confirms } from "../../domain/confirmation.ts";
import { type Code, statuses } from "../../domain/error.ts";

const instant = z.iso.datetime();
const count = z.int().check(z.nonnegative());
const days = z.number().check(z.nonnegative());
const gone = z.array(z.strictObject({ what: z.string(), count }));
const kept = z.array(
  z.strictObject({ what: z.string(), count, ground: z.string(), until: instant }),
);
const backup_days = z.nullable(days);
const recipient = { name: z.string(), kind: z.enum(["processor", "third_party"]) };
const recipients = z.array(z.strictObject(recipient));
const grant = z.strictObject({
  name: z.string(),
  status: z.enum(["waiting", "ended", "refused", "given_up", "by_member"]),
  at: z.nullable(instant),
  page: z.nullable(z.string()),
});
const receipt_id = z.string();
const message = z.string();
const named = z.array(
  z.strictObject({
    type: z.literal("public-key"),
    id: z.string(),
    transports: z.array(z.string()),
  }),
);
const signal = z.strictObject({
  rpId: z.string(),
  userId: z.string(),
  allAcceptedCredentialIds: z.array(z.string()),
});
const passkey = z.strictObject({
  id: z.string(),
  name: z.string(),
  created_at: instant,
  last_used_at: z.nullable(instant),
  backed_up: z.boolean(),
});
const ledger = z.optional(z.strictObject({ behind: count }));

export const answers = {
  Problem: z.strictObject({
    error: z.string(),
    code: z.enum(Object.keys(statuses) as Code[]),
    fields: z.optional(z.record(z.string(), z.string())),
    confirm: z.optional(z.enum(confirms)),
    unknown_passkey: z.optional(z.literal(true)),
    receipt_id: z.optional(receipt_id),
    erase_at: z.optional(instant),
    ledger,
  }),
  Done: z.strictObject({ message }),
  Form: z.strictObject({ method: z.literal("POST"), fields: z.array(z.string()) }),
  Home: z.strictObject({ member: z.nullable(z.strictObject({ user_id: z.string() })) }),
  SignedIn: z.strictObject({
    message,
    member: z.strictObject({ user_id: z.string() }),
    withdrawal: z.optional(z.strictObject({ erase_at: instant })),
  }),
  Member: z.strictObject({
    user_id: z.string(),
    email: z.string(),
    rank: z.string(),
    joined_at: instant,
    email_verified: z.boolean(),
  }),
  Export: z.strictObject({
    exported_at: instant,
    tables: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))),
    complete: z.literal(true),
  }),
  Sessions: z.strictObject({
    sessions: z.array(z.strictObject({
      id: z.string(),
      created_at: instant,
      last_used_at: instant,
      expires_at: instant,
      user_agent: z.string(),
      current: z.boolean(),
    })),
  }),
  Consents: z.strictObject({
    consents: z.array(z.strictObject({
      name: z.string(),
      version: z.string(),
      label: z.string(),
      url: z.string(),
      required: z.boolean(),
      agreed: z.boolean(),
      agreed_version: z.nullable(z.string()),
      agreed_at: z.nullable(instant),
      revoked_at: z.nullable(instant),
    })),
  }),
  Passkeys: z.strictObject({ passkeys: z.array(passkey) }),
  PasskeyAdded: z.strictObject({ message, passkey }),
  PasskeyRemoved: z.strictObject({ message, signal }),
  CreationOptions: z.strictObject({
    rp: z.strictObject({ id: z.string(), name: z.string() }),
    user: z.strictObject({ id: z.string(), name: z.string(), displayName: z.string() }),
    challenge: z.string(),
    pubKeyCredParams: z.array(
      z.strictObject({ type: z.literal("public-key"), alg: z.int() }),
    ),
    timeout: count,
    excludeCredentials: named,
    authenticatorSelection: z.strictObject({
      residentKey: z.literal("required"),
      requireResidentKey: z.literal(true),
      userVerification: z.literal("required"),
    }),
    attestation: z.literal("none"),
    extensions: z.strictObject({ credProps: z.literal(true) }),
  }),
  RequestOptions: z.strictObject({
    challenge: z.string(),
    timeout: count,
    rpId: z.string(),
    userVerification: z.literal("required"),
    allowCredentials: z.optional(named),
  }),
  Preview: z.strictObject({
    confirm: z.enum(confirms),
    confirm_with: z.array(z.string()),
    blocked: z.optional(z.strictObject({ reason: message })),
    grace_days: days,
    rejoin_block_days: days,
    destroy: gone,
    anonymise: gone,
    keep: kept,
    backup_days,
    recipients,
    grants: z.array(z.strictObject({ name: z.string(), ready: z.boolean() })),
    erase_at: z.optional(instant),
  }),
  Identities: z.strictObject({
    identities: z.array(z.strictObject({ name: z.string(), linked_at: instant })),
    providers: z.array(z.string()),
  }),
  Unlinked: z.strictObject({ message, grant }),
  Withdrawn: z.strictObject({
    message,
    receipt_id,
    receipt: z.string(),
    erased_at: instant,
    signal: z.optional(signal),
  }),
  Scheduled: z.strictObject({ message, receipt_id, erase_at: instant }),
  Receipt: z.strictObject({
    receipt_id,
    erased_at: instant,
    destroyed: gone,
    anonymised: gone,
    kept,
    backup_days,
    recipients: z.array(z.strictObject({
      ...recipient,
      status: z.enum(["waiting", "confirmed", "refused", "given_up"]),
      confirmed_at: z.nullable(instant),
    })),
    grants: z.array(grant),
    receipt: z.string(),
  }),
  Awaited: z.strictObject({ receipt_id, status: z.literal("scheduled"), erase_at: instant }),
  Policy: z.strictObject({
    stored: z.array(z.strictObject({
      what: z.string(),
      purpose: z.string(),
      lifetime: z.string(),
      on_withdrawal: z.enum(["destroy", "anonymise", "keep"]),
      ground: z.optional(
        z.strictObject({ kind: z.enum(["law", "consent", "claim"]), text: z.string() }),
      ),
      from: z.optional(z.string()),
      period: z.optional(z.strictObject({
        years: z.optional(z.number()),
        months: z.optional(z.number()),
        days: z.optional(z.number()),
      })),
    })),
    grace_days: days,
    rejoin_block_days: days,
    backup_days,
    recipients,
  }),
  Keys: z.strictObject({
    keys: z.array(z.strictObject({
      kty: z.literal("OKP"),
      crv: z.literal("Ed25519"),
      x: z.string(),
      kid: z.string(),
      alg: z.literal("EdDSA"),
      use: z.literal("sig"),
    })),
  }),
  Health: z.strictObject({ status: z.enum(["alive", "ready"]), ledger }),
};
export type AnswerName = keyof typeof answers;

const { fields, confirm, unknown_passkey, receipt_id: lost, erase_at } = answers.Problem.shape;

/** What the fields of a failure mean. */
export const remarks = new Map<z.core.$ZodType, Record<string, unknown>>([
  [answers.Problem, {
    description: "`error` is for people, in their language; `code` is for programs.",
  }],
  [fields, { description: "For `invalid`: a sentence for each field that was refused." }],
  [confirm, { description: "What the withdrawal asks for." }],
  [unknown_passkey, {
    description: "No member has this passkey: `PublicKeyCredential.signalUnknownCredential`.",
  }],
  [signal, { description: "For `PublicKeyCredential.signalAllAcceptedCredentials`." }],
  [answers.CreationOptions, {
    description: "For `PublicKeyCredential.parseCreationOptionsFromJSON`.",
  }],
  [answers.RequestOptions, {
    description: "For `PublicKeyCredential.parseRequestOptionsFromJSON`.",
  }],
  [lost, {
    description: "The answer was lost: this receipt exists if the withdrawal was carried out.",
  }],
  [erase_at, { description: "For `withdrawal_pending`." }],
  [ledger, { description: "How many erasures are not at `LEDGER_URL` yet." }],
]);
