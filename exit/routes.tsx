import type { Context, MiddlewareHandler } from "hono";
import { Hono } from "hono/tiny";
import { getPathNoStrict } from "hono/utils/url";
import type * as z from "zod/mini";
import { withdrawalReadiness } from "../actions/ready.ts";
import type { Services } from "../actions/services.ts";
import { newId } from "../crypto/tokens.ts";
import { AppError } from "../domain/error.ts";
import { body } from "../http/body.ts";
import { createBase } from "../http/base.ts";
import type { Env } from "../http/env.ts";
import { farewellCookie } from "../http/farewell.ts";
import { rememberLanguage, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form, onError, onNotFound } from "../http/problem.tsx";
import { type Leaving, PendingPage, WithdrawalPage } from "../pages/withdrawal.tsx";
import assets from "../routes/assets.ts";
import { answerExport } from "../routes/export.ts";
import keys from "../routes/keys.ts";
import { left, repeatableBy } from "../routes/left.ts";
import policy from "../routes/policy.tsx";
import receipts from "../routes/receipts.tsx";
import { leavingJson, leavingOf } from "../routes/terms.ts";
import { confirmation } from "../routes/withdrawal.tsx";
import type { Caller, Host } from "./host.ts";
import { exportCaller, previewExit, restoreCaller, withdrawCaller } from "./leave.ts";

/** The paths that the exit answers. Everything else is the app's. */
export const exitPaths = [
  ...["/withdrawal", "/withdrawal/export", "/restoration", "/receipts/:id", "/policy"],
  ...["/.well-known/jwks.json", "/readyz/withdrawal"],
  ...assets.routes.map(({ path }) => path).filter((path) => !path.includes("{")),
];

/** The app behind these paths. */
export function createExit(services: Services, host: Host) {
  return createBase(services, getPathNoStrict)
    .route("/", assets)
    .route("/", keys)
    .get("/readyz/withdrawal", async (c) => {
      const { problems } = await withdrawalReadiness(services, c.var.now);
      if (problems.length > 0) {
        throw new AppError("unavailable", { cause: new Error(problems.join("; ")) });
      }
      return c.json({ status: "ready" });
    })
    .use(rememberLanguage, farewellCookie)
    .route("/", withdrawal(host))
    .route("/", receipts)
    .route("/", policy)
    .onError((error, c) => onFailure(error, c))
    .notFound(onNotFound);
}

function withdrawal(host: Host) {
  const endSession = (c: Context<Env>, outcome?: { endCookies?: readonly string[] }) => {
    for (const cookie of outcome?.endCookies ?? []) {
      c.header("Set-Cookie", cookie, { append: true });
    }
  };

  const callerOf = async (c: Context<Env>): Promise<Caller> => {
    const caller = await host.caller(c.req.raw, c.var.now);
    if (!caller) throw new AppError("unauthenticated");
    c.set("memberId", caller.memberId);
    return caller;
  };

  const preview = async (
    c: Context<Env>,
  ): Promise<{ leaving: Leaving; eraseAt: number | null }> => {
    const found = await previewExit(c.var.services, host, await callerOf(c), c.var.now);
    return { leaving: leavingOf(c, found), eraseAt: found.eraseAt };
  };

  /** The form again, under what it will do. While the database is away, with what it had asked for. */
  const again = form(async (c, refusal) => {
    const leaving = refusal.code === "unavailable" ? null : (await preview(c)).leaving;
    const confirm = leaving?.confirm ?? ("password" in refusal.values ? "password" : "session");
    return <WithdrawalPage t={c.var.messages} {...{ confirm, leaving, refusal }} once={newId()} />;
  });

  /** A visitor is told to sign in before anything is said about the form. */
  const signedIn: MiddlewareHandler<Env> = async (c, next) => {
    await callerOf(c);
    await next();
  };

  const leave = async (c: Context<Env>, given: z.output<typeof confirmation>) => {
    const caller = await callerOf(c);
    const cookies = await host.endCookies?.(c.req.raw) ?? [];
    const outcome = await withdrawCaller(c.var.services, host, caller, given, c.req.raw, c.var.now);
    return await left(c, outcome, (c) => endSession(c, { endCookies: cookies }));
  };

  const repeatable = repeatableBy((c) => endSession(c));

  return new Hono<Env>()
    .get("/withdrawal", async (c) => {
      const { leaving, eraseAt } = await preview(c);
      const { messages: t, language } = c.var;
      if (!wantsPage(c)) {
        const erase_at = eraseAt === null ? null : new Date(eraseAt).toISOString();
        return c.json({ ...leavingJson(leaving, language), ...(erase_at && { erase_at }) });
      }
      const { confirm } = leaving;
      return eraseAt === null
        ? page(c, <WithdrawalPage t={t} {...{ confirm, leaving }} once={newId()} />)
        : page(c, <PendingPage t={t} eraseAt={eraseAt} />);
    })
    .delete(
      "/withdrawal",
      repeatable,
      signedIn,
      body(confirmation),
      (c) => leave(c, c.req.valid("json")),
    )
    .post(
      "/withdrawal",
      repeatable,
      again,
      signedIn,
      body(confirmation),
      (c) => leave(c, c.req.valid("json")),
    )
    .get("/withdrawal/export", async (c) => {
      const { exported } = await exportCaller(c.var.services, await callerOf(c), c.var.now);
      return answerExport(c, exported);
    })
    .post("/restoration", async (c) => {
      await restoreCaller(c.var.services, await callerOf(c), c.var.now);
      if (wantsPage(c)) return c.redirect(c.var.messages.service.paths.account, 303);
      return c.json({ message: c.var.messages.done.restored });
    });
}

/** As for our own members, but a person who is not signed in goes to the host's sign-in page. */
function onFailure(error: Error, c: Context<Env>): Response | Promise<Response> {
  const { signIn } = c.var.messages?.service.paths ?? {};
  const isVisitor = error instanceof AppError && error.code === "unauthenticated";
  if (!isVisitor || !signIn || !wantsPage(c)) return onError(error, c);
  c.set("problem", error);
  return c.redirect(signIn, 303);
}
