import { getLogger } from "@logtape/logtape";
import { Hono } from "hono/tiny";
import { requestId } from "hono/request-id";
import type { Env } from "./env.ts";
import type { Services } from "../actions/services.ts";
import { findSession } from "../db/session/sessions.ts";
import { type AppError, causesOf } from "../domain/error.ts";
import type { Member } from "../domain/member.ts";
import { noStore, securityHeaders } from "./headers.ts";
import { detectLanguage, speak } from "./language.ts";
import { requireSameOrigin } from "./origin.ts";
import { onError } from "./problem.tsx";
import { provide } from "./provide.ts";
import { cookieSessions, requireMember, requireSecret } from "./session.ts";

const log = getLogger(["annyeong", "gate"]);

/** What an app of its own knows about whoever asks: never the password's hash. */
export type KnownMember = Omit<Member, "passwordHash">;

/** `answer` is what to tell who may not pass, and carries the cookie of who may. */
export type Passage =
  | { member: KnownMember; refused: null; answer: Response }
  | { member: null; refused: AppError; answer: Response };

interface GateEnv extends Env {
  Bindings: Env["Bindings"] & { failure?: Error; found?: KnownMember; refused?: AppError };
}

export interface Gate {
  /** Who asks: the same origin guard, cookie, one query and answers as before our own routes. */
  ask(request: Request): Promise<Passage>;
  /** Tells of a failure as we tell of our own, in the caller's language, and logs what is unexpected. */
  tell(request: Request, failure: Error): Promise<Response>;
}

/** For routes that are not ours. On a context of its own: nothing of it meets the app's variables. */
export function createGate(services: Services): Gate {
  const gate = new Hono<GateEnv>()
    .use(
      provide(services),
      requestId({ limitLength: 0 }),
      securityHeaders,
      noStore,
      detectLanguage,
      speak(services.words),
      async (c, next) => {
        if (c.env.failure) throw c.env.failure;
        await next();
      },
      requireSameOrigin,
      cookieSessions(services.config),
    )
    .all("*", async (c) => {
      const session = await findSession(services.db, requireSecret(c), c.var.now);
      const { passwordHash: _, ...member } = requireMember(c, session).member;
      c.env.found = member;
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
