import type { MiddlewareHandler } from "hono";
import { requestId } from "hono/request-id";
import type { Words } from "../messages/mod.ts";
import type { Env } from "./env.ts";
import { noStore, securityHeadersFor } from "./headers.ts";
import { detectLanguage, speak } from "./language.ts";

/** The first middleware of every request, in order, even if the service could not be opened. */
export function answerChain(words: Words): MiddlewareHandler<Env>[] {
  return [
    requestId({ limitLength: 0 }), // ignores the client's id, because the id goes into the log
    securityHeadersFor(words.ko.service.sources),
    noStore,
    detectLanguage,
    speak(words),
  ];
}
