import { Hono } from "hono/tiny";
import type { ApplyGlobalResponse } from "hono/client";
import { getPathNoStrict } from "hono/utils/url";
import { createBase } from "./http/base.ts";
import type { Env } from "./http/env.ts";
import type { Services } from "./actions/services.ts";
import { AppError } from "./domain/error.ts";
import { answerChain } from "./http/chain.ts";
import { deviceCookies } from "./http/device.ts";
import { farewellCookie } from "./http/farewell.ts";
import { providerCookies } from "./http/flow.ts";
import { rememberLanguage } from "./http/language.ts";
import type { WithoutPages } from "./http/page.ts";
import { onError, onNotFound, type Problems } from "./http/problem.tsx";
import { cookieSessions } from "./http/session.ts";
import { signalCookies } from "./http/signal.ts";
import { ownWords } from "./messages/mod.ts";
import assets from "./routes/assets.ts";
import health from "./routes/health.ts";
import confirmation from "./routes/confirmation.tsx";
import consents from "./routes/consents.tsx";
import home from "./routes/home.tsx";
import identities from "./routes/identities.tsx";
import keys from "./routes/keys.ts";
import leave from "./routes/leave.tsx";
import login from "./routes/login.tsx";
import logout from "./routes/logout.tsx";
import metrics from "./routes/metrics.ts";
import openapi from "./routes/openapi.ts";
import passkeys from "./routes/passkeys.tsx";
import policy from "./routes/policy.tsx";
import receipts from "./routes/receipts.tsx";
import recovery from "./routes/recovery.tsx";
import register from "./routes/register.tsx";
import restoration from "./routes/restoration.ts";
import sessions from "./routes/sessions.tsx";
import userinfo from "./routes/userinfo.tsx";
import verification from "./routes/verification.tsx";
import withdrawal from "./routes/withdrawal.tsx";
import withProvider from "./routes/with_provider.tsx";

/** What every request passes, in order, and where it may go: the table of contents. */
export function createApp(services: Services) {
  return createBase(services, pathOf)
    .route("/", assets) // what is the same for everybody neither reads nor sets a cookie
    .route("/", keys)
    .route("/", health(services))
    .route("/", metrics)
    .route("/", openapi)
    .use(
      rememberLanguage,
      deviceCookies,
      providerCookies,
      signalCookies,
      farewellCookie,
      cookieSessions(services.config),
    )
    .route("/", home)
    .route("/", register)
    .route("/", login)
    .route("/", withProvider)
    .route("/", logout)
    .route("/", userinfo)
    .route("/", sessions)
    .route("/", consents)
    .route("/", identities)
    .route("/", passkeys)
    .route("/", withdrawal)
    .route("/", restoration)
    .route("/", confirmation)
    .route("/", recovery)
    .route("/", verification)
    .route("/", leave)
    .route("/", receipts)
    .route("/", policy)
    .onError(onError)
    .notFound(onNotFound);
}

/** The path without a trailing slash. The URL of a CONNECT request has none: it is treated as `/`. */
function pathOf(request: Request): string {
  const path = getPathNoStrict(request);
  return path.startsWith("/") ? path : "/";
}

/** What a program sees of the app, for `hc<AppType>`: JSON, and the failures that any request can meet. */
export type AppType = ApplyGlobalResponse<WithoutPages<ReturnType<typeof createApp>>, Problems>;

/** What answers when the configuration is broken: nothing works, and the answer looks like any other. */
export function createBrokenApp() {
  return new Hono<Env>({ getPath: pathOf })
    .use(...answerChain(ownWords))
    .all("*", () => {
      throw new AppError("unavailable", { retryAfterMs: 60_000 });
    })
    .onError(onError);
}
