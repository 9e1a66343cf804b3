import type { Context, MiddlewareHandler } from "hono";
import { accepts } from "hono/accepts";
import { setCookie } from "hono/cookie";
import { languageDetector } from "hono/language";
import type { Env } from "./env.ts";
import { type Language, languages, type Words } from "../messages/mod.ts";
import type { Notice } from "../pages/layout.tsx";

/** Detects the language from `?lang=`, then the `lang` cookie, then `Accept-Language`. Default: Korean. */
export const detectLanguage: MiddlewareHandler = languageDetector({
  order: ["querystring", "cookie", "header"],
  lookupQueryString: "lang",
  lookupCookie: "lang",
  supportedLanguages: [...languages],
  fallbackLanguage: "ko",
  caches: false,
});

/** Sets the messages in the detected language, and `Content-Language`. */
export function speak(words: Words): MiddlewareHandler<Env> {
  return async function speak(c, next) {
    c.set("messages", words[c.get("language") as Language]);
    c.header("Content-Language", c.get("language"));
    await next();
  };
}

/** Sets the `lang` cookie for one year when a page is requested with `?lang=`. */
export const rememberLanguage: MiddlewareHandler<Env> = async (c, next) => {
  if (c.req.query("lang") === c.get("language") && wantsPage(c)) {
    const secure = c.get("services").config.publicOrigin?.startsWith("https:") ?? false;
    remember(c, c.get("language"), secure);
  }
  await next();
};

/** For the pages of an app: detects the language as ours do, and remembers `?lang=`. */
export const language: MiddlewareHandler<{ Variables: { language: Language } }> = async (
  c,
  next,
) => {
  await detectLanguage(c, () => Promise.resolve());
  c.header("Content-Language", c.get("language"));
  if (c.req.query("lang") === c.get("language")) {
    remember(c, c.get("language"), new URL(c.req.url).protocol === "https:");
  }
  await next();
};

function remember(c: Context, language: Language, secure: boolean): void {
  setCookie(c, "lang", language, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure,
    maxAge: 31_536_000,
  });
}

const notices: readonly Notice[] = [
  "registered",
  "signedOut",
  "passwordChanged",
  "sessionEnded",
  "restored",
  "signedUp",
  "othersEnded",
  "consentGiven",
  "consentRevoked",
  "providerLinked",
  "providerUnlinked",
  "passkeyAdded",
  "passkeyRemoved",
  "secondWay",
  "joined",
  "linkAsked",
  "linkSent",
  "verified",
  "emailChanged",
  "emailRestored",
];

/** Returns the notice that the redirect to this page names in `?done=`, or `null`. */
export function noticeOf(c: Context<Env>): Notice | null {
  return notices.find((notice) => notice === c.req.query("done")) ?? null;
}

/** Returns whether the client prefers HTML by its `Accept`. Other clients, such as `curl`, get JSON. */
export function wantsPage(c: Context): boolean {
  const preferred = accepts(c, {
    header: "Accept",
    supports: ["application/json", "text/html"],
    default: "application/json",
  });
  return preferred === "text/html";
}
