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

/** For an app's own forms: refuses bodies over 16 KiB before they are read. */
export const limitBody: MiddlewareHandler = async (c, next) =>
  mayHaveBody(c) ? await limit(c, next).catch(interrupted) : await next();

/**
 * Reads the body of a request that may change something: JSON or a form, at most 16 KiB, within
 * `BODY_TIMEOUT_MS`. Takes the request's time after that, so that a body that is held back cannot make
 * an old sign-in pass for a fresh one.
 * @throws `too_large`, `request_timeout`, `unsupported_media_type` (other types are what a foreign page
 *   could send), `invalid` for a body that breaks off
 */
export const readBody: MiddlewareHandler<Env> = async (c, next) => {
  if (mayHaveBody(c) && c.req.raw.body) {
    const read = async () => {
      const { byteLength } = await bytesOf(c);
      if (byteLength > maxBytes) throw new AppError("too_large"); // the length may have been missing
      if (byteLength > 0 && !isJson(c) && !isForm(c)) throw new AppError("unsupported_media_type");
    };
    // The limit reads a body without a length by itself, so the time is bounded around both.
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

/**
 * Validates a body, JSON or form alike; the handler reads `c.req.valid("json")`. No body counts as an
 * empty one. Throws `invalid`, with what is wrong with which field.
 */
export function body<S extends z.ZodMiniType>(schema: S): Body<S> {
  const json = zValidator("json", schema, refuse) as MiddlewareHandler;
  const form = zValidator("form", schema, refuse) as MiddlewareHandler;
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
 * The same where a member has to be signed in: without a live session the answer is 401, whether the body
 * is good or bad. A good body costs no trip; its handler looks for the session.
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

/** A body that breaks off is the client's fault, or the network's: no error of ours. */
function interrupted(cause: unknown): never {
  throw cause instanceof AppError ? cause : new AppError("invalid", { fields: {}, cause });
}

/** The one hook of every validator: a failure is thrown, and answered where all failures are. */
function refuse(result: { success: boolean; data: unknown; error?: z.core.$ZodError }): void {
  if (result.success) return;
  const given = Object(result.data) as Record<string, unknown>;
  const fields: Record<string, FieldProblem> = {};
  for (const issue of result.error!.issues) {
    const field = String(issue.path[0] ?? "");
    if (!field || Object.hasOwn(fields, field)) continue;
    fields[field] = problemOf(issue, given[field] === undefined);
  }
  throw new AppError("invalid", { fields });
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

export function isForm(c: Context): boolean {
  return mediaType(c) === "application/x-www-form-urlencoded";
}

function mediaType(c: Context): string {
  return (c.req.header("Content-Type") ?? "").split(";")[0]!.trim().toLowerCase();
}
