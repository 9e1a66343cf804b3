import type { MiddlewareHandler } from "hono";
import { requestId } from "hono/request-id";
import type { Words } from "../messages/mod.ts";
import type { Env } from "./env.ts";
import { noStore, securityHeaders } from "./headers.ts";
import { detectLanguage, speak } from "./language.ts";

/** What every answer of ours passes, in order, even that of a service that could not be opened. */
export function answerChain(words: Words): MiddlewareHandler<Env>[] {
  return [
    requestId({ limitLength: 0 }), // never the client's own id, because it goes into the log
    securityHeaders,
    noStore,
    detectLanguage,
    speak(words),
  ];
}
