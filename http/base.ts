import { methodNotAllowed } from "hono/method-not-allowed";
import { TrieRouter } from "hono/router/trie-router";
import { Hono } from "hono/tiny";
import type { Services } from "../actions/services.ts";
import { AppError } from "../domain/error.ts";
import { readBody } from "./body.ts";
import { answerChain } from "./chain.ts";
import type { Env } from "./env.ts";
import { logRequest } from "./log.ts";
import { requireSameOrigin, shareWith } from "./origin.ts";
import { onError } from "./problem.tsx";
import { provide } from "./provide.ts";

/**
 * Makes an app with what every request passes, in order, before it reaches a route.
 * @param getPath the path by which a request is routed
 */
export function createBase(services: Services, getPath: (request: Request) => string) {
  const app = new Hono<Env>({ getPath });
  app.router = new TrieRouter(); // the preset would put its own here
  return app.use(
    provide(services),
    logRequest,
    ...answerChain(services.words),
    shareWith(services.config),
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, allow) => onError(new AppError("method_not_allowed", { allow }), c),
    }),
    requireSameOrigin,
    readBody,
  );
}
