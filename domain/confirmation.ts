import { fold } from "./member.ts";

/** How a member may have to confirm a withdrawal. */
export const confirms = ["session", "fresh", "password", "phrase"] as const;
export type Confirm = (typeof confirms)[number];

/** What a member is asked for. `sign_in`: to sign in again, where another system keeps the credentials. */
export type Asked = Confirm | "sign_in";

/** The phrases to confirm with. Each one is accepted on pages of every language. */
const phrases = new Set(["회원탈퇴", "withdraw", "delete"]);

/** Returns whether `typed` is a phrase, in any Unicode normalization form, width and case, with any spaces. */
export function isPhrase(typed: string): boolean {
  return phrases.has(fold(typed).replace(/[\s\p{Cf}]/gu, ""));
}
