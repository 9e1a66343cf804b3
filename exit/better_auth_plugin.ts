/** The plugin of better-auth: its own ways to delete a member lead to the exit. */
import type { AuthContext, BetterAuthPlugin } from "better-auth";
import {
  APIError,
  createAuthEndpoint,
  createAuthMiddleware,
  getSessionFromCtx,
  isAPIError,
  originCheck,
  sensitiveSessionMiddleware,
} from "better-auth/api";
import { deleteSessionCookie } from "better-auth/cookies";
import { generateRandomString } from "better-auth/crypto";
import * as z from "zod";
import type { Left } from "../actions/withdraw.ts";
import { AppError, statuses } from "../domain/error.ts";

/** How a member proved to better-auth that they may delete the account. */
export type Proof = { by: "session" } | { by: "password"; password: string } | { by: "link" };

/** What `betterAuthExit` gives the plugin. */
export interface Connection {
  withdraw(
    member: { userId: string; token: string; createdAt: Date },
    proof: Proof,
    request: Request,
  ): Promise<Left>;
  /** Returns the deadline (ms) of a pending withdrawal, or `null`. */
  pendingSince(userId: string): Promise<number | null>;
  /** Whether there is a grace period, so that a withdrawal can be pending. */
  hasGrace(): boolean;
  /** Whether a rejoin block of this address holds. */
  isBlocked(email: string): Promise<boolean>;
  /** Erases a member whom another part of better-auth deletes, such as its admin plugin. */
  eraseByOther(userId: string): Promise<void>;
  signReceipt(left: Left & { status: "erased" }): Promise<string>;
}

/** Requests of the exit itself, which see the session of a member who is about to leave. */
export const ownHeaders = new WeakSet<Headers>();

/** What the plugin and the exit share. */
export interface Slot {
  context: AuthContext | null;
  connection: Connection | null;
}

export interface LeavingPlugin extends BetterAuthPlugin {
  id: "annyeong";
  slot: Slot;
}

/** While a withdrawal is pending, these still answer: signing in and out, and what needs no session. */
const openPaths =
  /^\/(sign-in|sign-out|sign-up|two-factor\/verify|passkey\/(verify|generate)-auth|callback|error|ok)/;

/**
 * The plugin. Put it into `plugins` last, and connect it with `betterAuthExit(auth, …)`.
 */
export function leaving() {
  const slot: Slot = { context: null, connection: null };
  const connected = (): Connection => {
    if (!slot.connection) throw new Error("annyeong: call betterAuthExit(auth, …) first");
    return slot.connection;
  };

  return {
    id: "annyeong" as const,
    slot,
    init(context: AuthContext) {
      slot.context = context;
      return {
        options: {
          databaseHooks: {
            user: {
              // Other doors, such as /admin/remove-user, delete sessions and accounts first, then come here.
              delete: {
                before: async ({ id }: { id: string }) => {
                  await answered(() => connected().eraseByOther(id));
                },
              },
              create: {
                before: async ({ email }: { email: string }) => {
                  if (!slot.connection || !await slot.connection.isBlocked(email)) return;
                  throw new APIError("UNPROCESSABLE_ENTITY", {
                    code: "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
                    message: "User already exists. Use another email.",
                  });
                },
              },
            },
          },
        },
      };
    },
    hooks: {
      before: [{
        matcher: ({ path }: { path?: string }) => path !== undefined && !openPaths.test(path),
        handler: createAuthMiddleware(async (ctx) => {
          if (!slot.connection?.hasGrace() || (ctx.headers && ownHeaders.has(ctx.headers))) return;
          if (!ctx.getCookie(ctx.context.authCookies.sessionToken.name)) return;
          const token = await ctx.getSignedCookie(
            ctx.context.authCookies.sessionToken.name,
            ctx.context.secret,
          );
          const found = token ? await ctx.context.internalAdapter.findSession(token) : null;
          const eraseAt = found && await slot.connection.pendingSince(found.user.id);
          if (eraseAt === null || eraseAt === undefined) return;
          if (ctx.path === "/get-session") return ctx.json(null);
          throw new APIError("FORBIDDEN", {
            code: "WITHDRAWAL_PENDING",
            message: "The account is about to be deleted.",
            erase_at: new Date(eraseAt).toISOString(),
          });
        }),
      }],
    },
    endpoints: {
      /** Takes the place of better-auth's own endpoint of this name. */
      deleteUser: createAuthEndpoint("/delete-user", {
        method: "POST",
        use: [sensitiveSessionMiddleware],
        body: z.object({
          callbackURL: z.string().optional(),
          password: z.string().optional(),
          token: z.string().optional(),
        }),
      }, async (ctx) => {
        const { user, session } = ctx.context.session;
        const { deleteUser } = ctx.context.options.user ?? {};
        if (!deleteUser?.enabled) throw new APIError("NOT_FOUND");
        const { password, token } = ctx.body;
        let proof: Proof = password ? { by: "password", password } : { by: "session" };
        if (token) {
          await spend(ctx.context, token, user.id);
          proof = { by: "link" };
        } else if (deleteUser.sendDeleteAccountVerification) {
          const sent = generateRandomString(32, "a-z", "0-9");
          await ctx.context.internalAdapter.createVerificationValue({
            value: user.id,
            identifier: `delete-account-${sent}`,
            expiresAt: new Date(Date.now() + (deleteUser.deleteTokenExpiresIn ?? 86_400) * 1000),
          });
          const back = encodeURIComponent(ctx.body.callbackURL ?? "/");
          const url =
            `${ctx.context.baseURL}/delete-user/callback?token=${sent}&callbackURL=${back}`;
          await deleteUser.sendDeleteAccountVerification({ user, url, token: sent }, ctx.request);
          return ctx.json({ success: true, message: "Verification email sent" });
        }
        const left = await answered(() =>
          connected().withdraw({ ...session, userId: user.id }, proof, requestOf(ctx))
        );
        deleteSessionCookie(ctx);
        return ctx.json(await answerOf(connected(), left));
      }),
      /** A link in a mail is opened by scanners too, so it only shows a button. */
      deleteUserCallback: createAuthEndpoint("/delete-user/callback", {
        method: ["GET", "POST"],
        query: z.object({ token: z.string(), callbackURL: z.string().optional() }),
        use: [originCheck((ctx) => ctx.query.callbackURL)],
        metadata: { allowedMediaTypes: ["application/x-www-form-urlencoded", "application/json"] },
      }, async (ctx) => {
        if (!ctx.context.options.user?.deleteUser?.enabled) throw new APIError("NOT_FOUND");
        const session = await getSessionFromCtx(ctx, { disableCookieCache: true });
        if (!session) throw new APIError("NOT_FOUND", { message: "Failed to get user info" });
        if (ctx.method === "GET") {
          return new Response(buttonPage, {
            headers: {
              "Content-Type": "text/html; charset=utf-8",
              "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
              "Cache-Control": "no-store",
            },
          });
        }
        await spend(ctx.context, ctx.query.token, session.user.id);
        const { session: row, user } = session;
        const left = await answered(() =>
          connected().withdraw({ ...row, userId: user.id }, { by: "link" }, requestOf(ctx))
        );
        deleteSessionCookie(ctx);
        if (ctx.query.callbackURL) throw ctx.redirect(ctx.query.callbackURL);
        return ctx.json(await answerOf(connected(), left));
      }),
    },
  } satisfies BetterAuthPlugin & { slot: Slot };
}

/** A form that posts to the address of the page itself, which has the token. */
const buttonPage =
  `<!DOCTYPE html><html lang="ko"><meta charset="utf-8"><title>회원탈퇴 · Withdrawal</title>
<form method="post"><button>탈퇴하기 · Withdraw</button></form></html>`;

/** Uses up the token of a mailed link. */
async function spend(context: AuthContext, token: string, userId: string): Promise<void> {
  const identifier = `delete-account-${token}`;
  const found = await context.internalAdapter.consumeVerificationValue(identifier);
  if (found?.value !== userId) throw new APIError("NOT_FOUND", { message: "Invalid token" });
}

function requestOf({ request, headers, context }: {
  request?: Request | undefined;
  headers?: Headers | undefined;
  context: AuthContext;
}): Request {
  return request ?? new Request(`${context.baseURL}/delete-user`, {
    method: "POST",
    ...(headers && { headers }),
  });
}

/** What better-auth's clients read, and the receipt. */
async function answerOf(connection: Connection, left: Left) {
  const { receiptId: receipt_id } = left;
  if (left.status === "scheduled") {
    const erase_at = new Date(left.eraseAt).toISOString();
    return { success: true, message: "User deletion scheduled", receipt_id, erase_at };
  }
  const receipt = await connection.signReceipt(left);
  return { success: true, message: "User deleted", receipt_id, receipt };
}

/** The codes that better-auth's clients know. */
const codes: Partial<Record<string, string>> = {
  confirmation_required: "SESSION_EXPIRED",
  confirmation_failed: "INVALID_PASSWORD",
};

/** Our failures as better-auth answers its own. */
async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (isAPIError(error.cause)) throw error.cause; // the app's own veto
    const known = codes[error.code];
    const status = known ? 400 : statuses[error.code];
    throw new APIError(status as 400, {
      code: known ?? error.code.toUpperCase(),
      message: error.details.words?.en ?? error.code.replaceAll("_", " "),
    });
  }
}
