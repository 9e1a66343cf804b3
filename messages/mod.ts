import { en } from "./en.ts";
import { ko, type Messages } from "./ko.ts";

export type { Messages };
export type Language = "ko" | "en";

/** Korean is the default language. */
export const languages = ["ko", "en"] as const satisfies readonly Language[];

export function messagesIn(language: string): Messages {
  return language === "en" ? en : ko;
}
