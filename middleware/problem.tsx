import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Env } from "../context.ts";
import type { Confirm } from "../domain/confirmation.ts";
import { AppError, type Code, statuses } from "../domain/error.ts";
import { ProblemPage } from "../pages/problem.tsx";
import { wantsPage } from "./language.ts";

/** The JSON of a failure; `C` are the codes it can have. */
export interface Problem<C extends Code = Code> {
  /** In the caller's language. */
  error: string;
  code: C;
  fields?: Record<string, string>;
  confirm?: Confirm;
  /** Where an answer was lost: leads to the receipt if the withdrawal was carried out. */
  receipt_id?: string;
  /** ISO 8601 */
  erase_at?: string;
}

type Status = (typeof statuses)[Code];
type CodeOf<S> = { [C in Code]: (typeof statuses)[C] extends S ? C : never }[Code];

/** Every failure by its status, for `hc`. */
export type Problems = { [S in Status]: { json: Problem<CodeOf<S>> } };

/** The one place where a failure becomes an answer: a code, a sentence in the caller's language. */
export const onError: ErrorHandler<Env> = (error, c) => answer(asAppError(error), c);

export const onNotFound: NotFoundHandler<Env> = (c) => answer(new AppError("not_found"), c);

function answer(error: AppError, c: Context<Env>): Response | Promise<Response> {
  c.set("problem", error);
  const { details } = error;
  const status = statuses[error.code] as ContentfulStatusCode;
  const sentence = sentenceOf(error, c);
  const retryAfterMs = details.retryAfterMs ?? (status === 503 ? 5000 : undefined);
  if (retryAfterMs !== undefined) c.header("Retry-After", String(Math.ceil(retryAfterMs / 1000)));
  if (details.allow) c.header("Allow", details.allow.join(", "));
  if (wantsPage(c)) {
    if (error.code === "unauthenticated" && /^(GET|HEAD)$/.test(c.req.method)) {
      return c.redirect("/login", 303);
    }
    return c.html(
      <ProblemPage t={c.var.messages} sentence={sentence} fields={fieldsOf(error, c)} />,
      status,
    );
  }
  const problem: Problem = {
    error: sentence,
    code: error.code,
    ...(details.fields && { fields: fieldsOf(error, c) }),
    ...(details.confirm && { confirm: details.confirm }),
    ...(details.receiptId && { receipt_id: details.receiptId }),
    ...(details.eraseAt !== undefined && { erase_at: new Date(details.eraseAt).toISOString() }),
  };
  return c.json(problem, status);
}

function sentenceOf({ code, details }: AppError, c: Context<Env>): string {
  const { sentence, problem } = c.var.messages;
  return details.sentence ? sentence[details.sentence] : problem[code];
}

function fieldsOf({ details }: AppError, c: Context<Env>): Record<string, string> {
  const { field } = c.var.messages;
  const fields = Object.entries(details.fields ?? {});
  return Object.fromEntries(fields.map(([name, problem]) => [name, field[problem]]));
}

/** Whatever is not ours says nothing to people and everything to the log. */
function asAppError(error: Error): AppError {
  if (error instanceof AppError) return error;
  if (!(error instanceof HTTPException)) return new AppError("internal", { cause: error });
  const codes = Object.keys(statuses) as Code[];
  const code = codes.find((one) => statuses[one] === error.status) ?? "internal";
  return new AppError(code, { ...(code === "invalid" && { fields: {} }), cause: error });
}
