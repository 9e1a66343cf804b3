import { getLogger } from "@logtape/logtape";
import { Hono } from "hono/tiny";
import { requestId } from "hono/request-id";
import type { Env, Services } from "../context.ts";
import { findSession } from "../db/sessions.ts";
import { AppError, causesOf, type Code } from "../domain/error.ts";
import type { Member } from "../domain/member.ts";
import { noStore, securityHeaders } from "./headers.ts";
import { detectLanguage, speak } from "./language.ts";
import { requireSameOrigin } from "./origin.ts";
import { onError } from "./problem.tsx";
import { provide } from "./services.ts";
import { cookieSessions, requireMember, requireSecret } from "./session.ts";

const log = getLogger(["annyeong", "gate"]);

/** What an app of its own knows about whoever asks: never the password's hash. */
export type KnownMember = Omit<Member, "passwordHash">;

/** `answer` is what to tell who may not pass, and carries the cookie of who may. */
export type Passage =
  | { member: KnownMember; answer: Response }
  | { member: null; code: Code; answer: Response };

interface GateEnv extends Env {
  Bindings: Env["Bindings"] & { found?: KnownMember; refused?: AppError };
}

/**
 * Stands before routes that are not ours: the same origin guard, cookie, one query and answers as before
 * ours, on a context of its own, so that nothing of it meets the app's variables.
 */
export function createGate(services: Services): (request: Request) => Promise<Passage> {
  const gate = new Hono<GateEnv>()
    .use(
      provide(services),
      requestId({ limitLength: 0 }),
      securityHeaders,
      noStore,
      detectLanguage,
      speak(services.words),
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
      c.env.refused = error instanceof AppError
        ? error
        : new AppError("internal", { cause: error });
      return onError(c.env.refused, c);
    });

  return async function ask(request) {
    const env: GateEnv["Bindings"] = {};
    const answer = await gate.fetch(request, env);
    if (env.found) return { member: env.found, answer };
    if (answer.status >= 500) log.error("gate", { causes: causesOf(env.refused) });
    return { member: null, code: env.refused?.code ?? "internal", answer };
  };
}
