import type { Context, ErrorHandler, MiddlewareHandler, NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { HtmlEscapedString } from "hono/utils/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Env } from "./env.ts";
import type { Asked } from "../domain/confirmation.ts";
import type { Words } from "../domain/data_map.ts";
import { AppError, type Code, statuses } from "../domain/error.ts";
import { LoginPage, memberPageOf } from "../pages/entry.tsx";
import type { Refusal } from "../pages/form.tsx";
import { ProblemPage } from "../pages/problem.tsx";
import { PendingPage } from "../pages/withdrawal.tsx";
import { buttonOf } from "../providers/buttons.ts";
import { isForm } from "./body.ts";
import { wantsPage } from "./language.ts";
import { endCookie, noteSeen, secretOf } from "./session.ts";

/** The JSON of a failure; `C` are the codes it can have. */
export interface Problem<C extends Code = Code> {
  /** In the caller's language. */
  error: string;
  code: C;
  fields?: Record<string, string>;
  confirm?: Asked;
  /** Where an answer was lost: leads to the receipt if the withdrawal was carried out. */
  receipt_id?: string;
  /** No member has the passkey that was given: the browser may forget it. */
  unknown_passkey?: true;
  /** ISO 8601 */
  erase_at?: string;
  /** How many erasures are not at the second place of the ledger. */
  ledger?: { behind: number };
}

type Status = (typeof statuses)[Code];
type CodeOf<S> = { [C in Code]: (typeof statuses)[C] extends S ? C : never }[Code];

/** Every failure by its status, for `hc`. */
export type Problems = { [S in Status]: { json: Problem<CodeOf<S>> } };

/** Shows a form again, with why its request was refused. */
type FormPage = (
  c: Context<Env>,
  refusal: Refusal,
) => HtmlEscapedString | Promise<HtmlEscapedString>;

declare module "hono" {
  interface ContextVariableMap {
    form?: FormPage;
  }
}

/** Fields that a code speaks of without naming them, where a form has them: the first takes the focus. */
const suspects: Partial<Record<Code, readonly string[]>> = {
  invalid_credentials: ["password", "user_id"],
  conflict: ["user_id", "email"],
  confirmation_failed: ["current"],
};

/** Stands before a form's handler: whatever refuses the request after it is told on that form. */
export function form(page: FormPage): MiddlewareHandler<Env> {
  return async function form(c, next) {
    c.set("form", page);
    await next();
  };
}

/** The one place where a failure becomes an answer: a code, a sentence in the caller's language. */
export const onError: ErrorHandler<Env> = (error, c) => answer(asAppError(error), c);

export const onNotFound: NotFoundHandler<Env> = (c) => answer(new AppError("not_found"), c);

function answer(error: AppError, c: Context<Env>): Response | Promise<Response> {
  c.set("problem", error);
  const { details } = error;
  if (secretOf(c)) {
    if (error.code === "unauthenticated") endCookie(c); // it opens nothing any more
    else if (details.memberId) noteSeen(c); // a refused request is a use of the session as well
  }
  const status = statuses[error.code] as ContentfulStatusCode;
  const isPage = wantsPage(c);
  const sentence = isPage ? shownFor(error, c) : sentenceOf(error, c);
  const retryAfterMs = details.retryAfterMs ?? (status === 503 ? 5000 : undefined);
  if (retryAfterMs !== undefined) c.header("Retry-After", String(Math.ceil(retryAfterMs / 1000)));
  if (details.allow) c.header("Allow", details.allow.join(", "));
  if (isPage) return answerPage(error, sentence, c, status);
  const problem: Problem = {
    error: sentence,
    code: error.code,
    ...(details.fields && { fields: fieldsOf(error, c) }),
    ...(details.confirm && { confirm: details.confirm }),
    ...(details.unknownPasskey && { unknown_passkey: true }),
    ...(details.receiptId && { receipt_id: details.receiptId }),
    ...(details.behind !== undefined && { ledger: { behind: details.behind } }),
    ...(details.eraseAt !== undefined && { erase_at: new Date(details.eraseAt).toISOString() }),
  };
  return c.json(problem, status);
}

/** People are shown where they can go on: sign-in, the way back, the form they sent; else what happened. */
async function answerPage(
  error: AppError,
  sentence: string,
  c: Context<Env>,
  status: ContentfulStatusCode,
): Promise<Response> {
  const { code, details } = error;
  const t = c.var.messages;
  const isRead = /^(GET|HEAD)$/.test(c.req.method);
  if (code === "unauthenticated") {
    const next = memberPageOf(t, c.req.path);
    const { mail, providers } = c.var.services.config;
    const offered = { mail: mail !== null, providers: providers.map(buttonOf) };
    if (!isRead) return c.html(<LoginPage {...{ t, next, ...offered }} />, status);
    return c.redirect(next ? `/login?next=${next}` : "/login", 303);
  }
  if (code === "withdrawal_pending" && details.eraseAt !== undefined) {
    return c.html(<PendingPage t={t} eraseAt={details.eraseAt} />, status);
  }
  // A form may need the database to be shown, and that may be what is missing.
  const again = c.var.form && await showAgain(c.var.form, c, error, sentence).catch(() => null);
  return c.html(
    again ?? <ProblemPage t={t} sentence={sentence} here={isRead ? "" : "/"} />,
    status,
  );
}

async function showAgain(page: FormPage, c: Context<Env>, error: AppError, sentence: string) {
  const { code, details } = error;
  const values = isForm(c) ? valuesOf(await c.req.text()) : {};
  const asked = details.confirm ? [details.confirm] : suspects[code] ?? [];
  const wrong = asked.filter((name) => name in values || code === "confirmation_required");
  const { retryAfterMs, receiptId = null } = details;
  return await page(c, {
    code,
    sentence,
    fields: details.fields
      ? inOrder(shownFieldsOf(error, c), Object.keys(values))
      : Object.fromEntries(wrong.map((name) => [name, ""])),
    values,
    retryInMinutes: code === "throttled" && retryAfterMs ? Math.ceil(retryAfterMs / 60_000) : null,
    receiptId,
  });
}

/** As they stand on the form, because the first takes the focus. Boxes that nobody ticked come last. */
function inOrder(fields: Record<string, string>, order: string[]): Record<string, string> {
  const place = (name: string) => order.includes(name) ? order.indexOf(name) : order.length;
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => place(a) - place(b)));
}

/** What was typed into a form, to be shown again. Of what is secret only that it was there. */
function valuesOf(typed: string): Record<string, string> {
  const values = Object.fromEntries(new URLSearchParams(typed));
  for (const name of ["password", "current", "userpw", "passkey"]) {
    if (name in values) values[name] = "";
  }
  return values;
}

function sentenceOf({ code, details }: AppError, c: Context<Env>): string {
  const { sentence, problem } = c.var.messages;
  if (details.words) return details.words[c.var.language as keyof Words];
  return details.sentence ? sentence[details.sentence] : problem[code];
}

/** The sentence for a page. Some sentences of JSON answers are too short for people. */
function shownFor(error: AppError, c: Context<Env>): string {
  const { code, details } = error;
  const { shown } = c.var.messages;
  if (details.sentence === "taken") return shown.taken;
  if (details.words || details.sentence) return sentenceOf(error, c);
  if (code === "confirmation_failed" && details.confirm === "phrase") return shown.wrong_phrase;
  return code in shown ? shown[code as keyof typeof shown] : sentenceOf(error, c);
}

function fieldsOf({ details }: AppError, c: Context<Env>): Record<string, string> {
  const { field } = c.var.messages;
  const fields = Object.entries(details.fields ?? {});
  return Object.fromEntries(fields.map(([name, problem]) => [name, field[problem]]));
}

/** The same for a page: a sentence of the field, with its numbers, where there is one. */
function shownFieldsOf({ details }: AppError, c: Context<Env>): Record<string, string> {
  const { field, fields } = c.var.messages;
  const { minLength } = c.var.services.config.password;
  return Object.fromEntries(
    Object.entries(details.fields ?? {}).map(([name, problem]) => {
      const sentence = fields[name]?.[problem] ?? field[problem];
      return [name, typeof sentence === "function" ? sentence(minLength) : sentence];
    }),
  );
}

/** Whatever is not ours says nothing to people and everything to the log. */
function asAppError(error: Error): AppError {
  if (error instanceof AppError) return error;
  if (!(error instanceof HTTPException)) return new AppError("internal", { cause: error });
  const codes = Object.keys(statuses) as Code[];
  const code = codes.find((one) => statuses[one] === error.status) ?? "internal";
  return new AppError(code, { ...(code === "invalid" && { fields: {} }), cause: error });
}
