import type { Purpose } from "./passkey.ts";

/**
 * How a member has just proved who they are. A proof opens a session, makes a session fresh, or starts an
 * erasure. It names the credential that was verified, so that the statement can check that it still exists.
 */
export type Proof =
  /** `hash` is the stored hash that the password was verified against. */
  | { by: "password"; memberId: string; hash: string }
  /** `publicKey` is the stored key that the assertion was verified with. */
  | { by: "passkey"; credentialId: string; publicKey: Uint8Array; use: PasskeyUse }
  /** An identity that its provider has confirmed. */
  | { by: "provider"; issuer: string; subject: string }
  /** A link that was sent to the member. */
  | { by: "link"; purpose: LinkPurpose; token: string }
  /** An operator, who has identified the member by other means. */
  | { by: "operator"; memberId: string };

/** The use of a passkey, which the statement notes. It uses up the challenge. */
export interface PasskeyUse {
  challenge: string;
  purpose: Purpose;
  /** The new signature counter. */
  counter: number;
  backedUp: boolean;
  /** ms */
  at: number;
}

/** What a link is for. */
export type LinkPurpose = "recovery" | "verification" | "email" | "email_undo";
