import { fold } from "./member.ts";

/** What a withdrawal asks for before it is carried out. */
export const confirms = ["session", "fresh", "password", "phrase"] as const;
export type Confirm = (typeof confirms)[number];

/** Accepted in every language, so that the language of a page never decides who can leave. */
const phrases = new Set(["회원탈퇴", "withdraw", "delete"]);

/** Whether `typed` is the phrase: NFC or NFD, full width, any case, with spaces anywhere. */
export function isPhrase(typed: string): boolean {
  return phrases.has(fold(typed).replace(/[\s\p{Cf}]/gu, ""));
}
