/** What a mail is about. `messages/` has the words of each kind, in both languages. */
export const mailKinds = [
  /** Verify the address. With a link. */
  "verification",
  /** Set a new password, or leave. With a link. */
  "recovery",
  /** Leave without signing in. With a link. */
  "leave",
  /** Somebody tried to register with the address of a member. */
  "already_member",
  "password_changed",
  /** A sign-in on a device that the account was not used on before. */
  "new_sign_in",
  /** To the new address: use the link to change to it. */
  "email_change",
  /** To the old address: it was changed. With a link that undoes the change. */
  "email_changed",
  "passkey_added",
  "passkey_removed",
  /** The signature counter of a passkey did not go up: somebody may have copied its authenticator. */
  "passkey_counter",
  "provider_linked",
  "provider_unlinked",
  "withdrawal_scheduled",
  "restored",
  "erased",
] as const;
export type MailKind = (typeof mailKinds)[number];

/**
 * The paths under which the links of mails open: `{PUBLIC_ORIGIN}{path}/{token}`. A kind that is not here
 * has no token.
 */
export const linkPaths = {
  verification: "/verification",
  recovery: "/recovery",
  leave: "/leave",
  email_change: "/verification",
  email_changed: "/undo",
} as const satisfies Partial<Record<MailKind, string>>;

/** The personal part of a mail, and what its text shows. The outbox stores it sealed. */
export interface MailContent {
  /** The address. */
  to: string;
  /** The member's user id. It is the only text in a mail that a person chose. */
  name: string;
  language: "ko" | "en";
  /** When the event occurred, ms. */
  at: number;
  /** For `new_sign_in`: browser and system, from our own list of names. */
  device?: string | undefined;
  /** For `provider_linked` and `provider_unlinked`: the configured name of the provider. */
  provider?: string | undefined;
  /** For `withdrawal_scheduled`: the deadline, ms. */
  eraseAt?: number | undefined;
  /** For `withdrawal_scheduled` and `erased`: the number of the receipt. Without it the row has it. */
  receiptId?: string | undefined;
}

/** After this time the address of a mail is gone, sent or not, ms. */
const addressLivesMs = 24 * 60 * 60_000;

/** How long the links to recover an account or to leave work, ms. */
export const recoveryMs = 30 * 60_000;

/** How long a mail is tried after its event, ms. A mail with a link that is over is of no use. */
export function mailRetryForMs(kind: MailKind): number {
  return kind === "recovery" || kind === "leave" ? recoveryMs : addressLivesMs;
}
