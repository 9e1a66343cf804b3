import { en } from "./en.ts";
import { ko, type Messages } from "./ko.ts";

export type { Letter, MailFacts } from "./mail/ko.ts";
export type { Messages };
export type Language = "ko" | "en";
/** The messages of the service by language. */
export type Words = Readonly<Record<Language, Messages>>;

/** The languages of the service, the default first. */
export const languages = ["ko", "en"] as const satisfies readonly Language[];

/** Annyeong's messages without changes. */
export const ownWords: Words = { ko, en };

/** A part of `T`, at any depth. Functions and lists are replaced as a whole. */
export type Changes<T> = {
  [K in keyof T]?: T[K] extends ((...args: never[]) => unknown) | readonly unknown[] | string ? T[K]
    : Changes<T[K]>;
};

/** Returns messages with an app's changes. */
export function wordsWith(
  words: Words,
  changes: { ko?: Changes<Messages>; en?: Changes<Messages> } = {},
): Words {
  return { ko: changed(words.ko, changes.ko), en: changed(words.en, changes.en) };
}

/** Returns messages with another service: its name, its logo, its links. */
export function withService(
  words: Words,
  service: Readonly<Record<Language, Changes<Messages["service"]>>>,
): Words {
  return {
    ko: changed(words.ko, { service: service.ko }),
    en: changed(words.en, { service: service.en }),
  };
}

function changed<T extends object>(words: T, changes: Changes<T> = {}): T {
  const entries = Object.entries(words).map(([name, word]) => {
    const change = (changes as Record<string, object>)[name];
    const isGroup = typeof word === "object" && !Array.isArray(word);
    return [name, isGroup ? changed(word, change) : change ?? word];
  });
  return Object.fromEntries(entries) as T;
}
