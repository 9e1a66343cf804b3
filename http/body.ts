import { zValidator } from "@hono/zod-validator";
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type * as z from "zod/mini";
import type { Env } from "./env.ts";
import { record } from "../actions/record.ts";
import { AppError, type FieldProblem } from "../domain/error.ts";
import { noteSession, requireSecret } from "./session.ts";

const maxBytes = 16 * 1024;

const limit = bodyLimit({
  maxSize: maxBytes,
  onError: () => {
    throw new AppError("too_large");
  },
});

/**
 * Refuses bodies over 16 KiB, for the routes of an app.
 * @throws `too_large`; `invalid` if the body breaks off
 */
export const limitBody: MiddlewareHandler = async (c, next) =>
  mayHaveBody(c) ? await limit(c, next).catch(interrupted) : await next();

/**
 * Reads the body of a request other than GET and HEAD: JSON or a form, at most 16 KiB, within
 * `BODY_TIMEOUT_MS`. Sets the request's time afterwards, because otherwise a client could delay its body and
 * let an old sign-in count as fresh.
 * @throws `too_large`; `request_timeout`; `unsupported_media_type`, because a page of another site can send
 *   such types without CORS; `invalid` if the body breaks off
 */
export const readBody: MiddlewareHandler<Env> = async (c, next) => {
  if (mayHaveBody(c) && c.req.raw.body) {
    const read = async () => {
      const { byteLength } = await bytesOf(c);
      if (byteLength > maxBytes) throw new AppError("too_large"); // for a body without Content-Length
      if (byteLength > 0 && !isJson(c) && !isForm(c) && !isNotice(c)) {
        throw new AppError("unsupported_media_type");
      }
    };
    // `limit` reads a body without Content-Length, so the timeout includes it.
    await inTime(limit(c, read), c.var.services.config.bodyTimeoutMs).catch(interrupted);
    c.set("now", c.var.services.now());
  }
  await next();
};

async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError("request_timeout")), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

type Body<S extends z.ZodMiniType> = MiddlewareHandler<
  Env,
  string,
  { in: { json: z.input<S> }; out: { json: z.output<S> } }
>;

/** Finds further problems of a body that is refused, so that a person reads all of them at once. */
type FurtherProblems = (
  given: Record<string, unknown>,
  c: Context<Env>,
) => Record<string, FieldProblem>;

interface Validated {
  success: boolean;
  data: unknown;
  error?: z.core.$ZodError;
}

/**
 * Validates a body, either JSON or a form. The handler reads it with `c.req.valid("json")`. A missing body
 * counts as an empty form. Throws `invalid` with the problem of each field.
 */
export function body<S extends z.ZodMiniType>(schema: S, also?: FurtherProblems): Body<S> {
  const hook = (result: Validated, c: Context) => refuse(result, (given) => also?.(given, c) ?? {});
  const json = zValidator("json", schema, hook) as MiddlewareHandler;
  const form = zValidator("form", schema, hook) as MiddlewareHandler;
  return async (c, next) => {
    const { byteLength } = await bytesOf(c);
    if (byteLength > 0 && isJson(c)) return await json(c, next);
    return await form(c, async () => {
      c.req.addValidatedData("json", c.req.valid("form" as never) as object);
      await next();
    });
  };
}

/**
 * Validates a body like `body`, for members only: without a live session it throws `unauthenticated` even if
 * the body is invalid. A valid body costs no round trip here, because its handler looks up the session.
 */
export function memberBody<S extends z.ZodMiniType>(schema: S): Body<S> {
  const validate = body(schema);
  return async (c, next) => {
    const secret = requireSecret(c);
    try {
      await validate(c, () => Promise.resolve());
    } catch (error) {
      noteSession(c, await record(c.var.services, secret, c.var.now));
      throw error;
    }
    await next();
  };
}

async function bytesOf(c: Context): Promise<ArrayBuffer> {
  return await c.req.arrayBuffer().catch(interrupted);
}

/** Reports a body that breaks off as `invalid`, because the client or the network is at fault. */
function interrupted(cause: unknown): never {
  throw cause instanceof AppError ? cause : new AppError("invalid", { fields: {}, cause });
}

/** The hook of the validators. Throws `invalid`, which `http/problem.tsx` answers. */
function refuse(
  result: Validated,
  also: (given: Record<string, unknown>) => Record<string, FieldProblem>,
): void {
  if (result.success) return;
  const given = Object(result.data) as Record<string, unknown>;
  const fields: Record<string, FieldProblem> = {};
  for (const issue of result.error!.issues) {
    const field = String(issue.path[0] ?? "");
    if (!field || Object.hasOwn(fields, field)) continue;
    fields[field] = problemOf(issue, given[field] === undefined);
  }
  throw new AppError("invalid", { fields: { ...also(given), ...fields } });
}

function problemOf(issue: z.core.$ZodIssue, absent: boolean): FieldProblem {
  if (issue.code === "custom") return issue.message as FieldProblem;
  if (issue.code === "invalid_value") return "unknown";
  return absent ? "required" : "malformed";
}

function mayHaveBody(c: Context): boolean {
  return c.req.method !== "GET" && c.req.method !== "HEAD";
}

function isJson(c: Context): boolean {
  return mediaType(c) === "application/json";
}

/** A signed notice of a provider (RFC 8935). No page of another site can send this type without CORS. */
function isNotice(c: Context): boolean {
  return mediaType(c) === "application/secevent+jwt";
}

/** Returns whether the body is a URL-encoded form. */
export function isForm(c: Context): boolean {
  return mediaType(c) === "application/x-www-form-urlencoded";
}

function mediaType(c: Context): string {
  return (c.req.header("Content-Type") ?? "").split(";")[0]!.trim().toLowerCase();
}
