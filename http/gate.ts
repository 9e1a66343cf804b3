import { getLogger } from "@logtape/logtape";
import type { MiddlewareHandler } from "hono";
import { Hono } from "hono/tiny";
import type { Env } from "./env.ts";
import type { Services } from "../actions/services.ts";
import { record } from "../actions/record.ts";
import { type AppError, causesOf } from "../domain/error.ts";
import type { Member } from "../domain/member.ts";
import { answerChain } from "./chain.ts";
import { requireSameOrigin } from "./origin.ts";
import { onError } from "./problem.tsx";
import { provide } from "./provide.ts";
import { cookieSessions, noteSession, requireSecret } from "./session.ts";

const log = getLogger(["annyeong", "gate"]);

/** The result for a request. `answer` is the response to a refused one; for a member it has the cookies to set. */
export type Passage =
  | { member: Member; refused: null; answer: Response }
  | { member: null; refused: AppError; answer: Response };

interface GateEnv extends Env {
  Bindings: Env["Bindings"] & { failure?: Error; found?: Member; refused?: AppError };
}

/** Annyeong's checks and errors, for the routes of an app. */
export interface Gate {
  /** Finds the member of a request with the same checks as Annyeong's own routes. One round trip. */
  ask(request: Request): Promise<Passage>;
  /** Answers an error as Annyeong answers its own, in the caller's language. Logs answers of 500 and above. */
  tell(request: Request, failure: Error): Promise<Response>;
}

/** Throws the error that `tell` was given. */
const throwFailure: MiddlewareHandler<GateEnv> = async (c, next) => {
  if (c.env.failure) throw c.env.failure;
  await next();
};

/** Makes the gate. It has its own Hono app, so that its context variables do not mix with the app's. */
export function createGate(services: Services): Gate {
  const gate = new Hono<GateEnv>()
    .use(
      provide(services),
      ...answerChain(services.words),
      throwFailure,
      requireSameOrigin,
      cookieSessions(services.config),
    )
    .all("*", async (c) => {
      const session = await record(services, requireSecret(c), c.var.now);
      noteSession(c, session);
      c.env.found = session.member;
      return c.body(null, 204);
    })
    .onError((error, c) => {
      const answer = onError(error, c);
      c.env.refused = c.var.problem!;
      return answer;
    });

  async function pass(request: Request, env: GateEnv["Bindings"]): Promise<Passage> {
    const answer = await gate.fetch(request, env);
    if (env.found) return { member: env.found, refused: null, answer };
    return { member: null, refused: env.refused!, answer };
  }

  return {
    ask: (request) => pass(request, {}),
    async tell(request, failure) {
      const { refused, answer } = await pass(request, { failure });
      if (answer.status >= 500) {
        log.error("failure", { code: refused?.code, causes: causesOf(refused) });
      }
      return answer;
    },
  };
}
