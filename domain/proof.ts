/**
 * How a member has just proved who they are. A proof opens a session, makes one fresh and starts an
 * erasure. It names the very thing that was verified, so that the statement that acts can check that the
 * thing still exists.
 */
export type Proof =
  /** `hash` is the stored hash that the password was verified against. */
  | { by: "password"; memberId: string; hash: string }
  /** `publicKey` is the stored key that the assertion was verified with. */
  | { by: "passkey"; credentialId: string; publicKey: Uint8Array }
  /** An identity at a provider, which vouched for it. */
  | { by: "provider"; issuer: string; subject: string }
  /** A link that was sent to the member. */
  | { by: "link"; purpose: LinkPurpose; token: string }
  /** An operator, who has made sure by other means. */
  | { by: "operator"; memberId: string };

/** What a link opens. */
export type LinkPurpose = "recovery" | "verification" | "email" | "email_undo";
