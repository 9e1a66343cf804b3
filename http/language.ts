import type { Context, MiddlewareHandler } from "hono";
import { accepts } from "hono/accepts";
import { setCookie } from "hono/cookie";
import { languageDetector } from "hono/language";
import type { Env } from "./env.ts";
import { type Language, languages, type Words } from "../messages/mod.ts";
import type { Notice } from "../pages/layout.tsx";

/** `?lang=`, a `lang` cookie, then `Accept-Language`; Korean where none of them decides. */
export const detectLanguage: MiddlewareHandler = languageDetector({
  order: ["querystring", "cookie", "header"],
  lookupQueryString: "lang",
  lookupCookie: "lang",
  supportedLanguages: [...languages],
  fallbackLanguage: "ko",
  caches: false,
});

/** Gives a request its words. */
export function speak(words: Words): MiddlewareHandler<Env> {
  return async function speak(c, next) {
    c.set("messages", words[c.get("language") as Language]);
    c.header("Content-Language", c.get("language"));
    await next();
  };
}

/** Remembers the language in which a page was asked for. */
export const rememberLanguage: MiddlewareHandler<Env> = async (c, next) => {
  if (c.req.query("lang") === c.get("language") && wantsPage(c)) {
    setCookie(c, "lang", c.get("language"), {
      path: "/",
      httpOnly: true,
      sameSite: "Lax",
      secure: c.get("services").config.publicOrigin?.startsWith("https:") ?? false,
      maxAge: 31_536_000,
    });
  }
  await next();
};

const notices: readonly Notice[] = [
  "registered",
  "signedOut",
  "passwordChanged",
  "sessionEnded",
  "restored",
];

/** What the redirect to this page says was just done: one of our own sentences, or nothing. */
export function noticeOf(c: Context<Env>): Notice | null {
  return notices.find((notice) => notice === c.req.query("done")) ?? null;
}

/** Whether the client prefers pages and redirects; any other client, `curl` included, gets JSON. */
export function wantsPage(c: Context): boolean {
  const preferred = accepts(c, {
    header: "Accept",
    supports: ["application/json", "text/html"],
    default: "application/json",
  });
  return preferred === "text/html";
}
