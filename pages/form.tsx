import type { Child } from "hono/jsx";
import type { Code } from "../domain/error.ts";
import type { Messages } from "../messages/mod.ts";
import { Timed } from "./layout.tsx";

/** Why a form was refused, as the form itself shows it. */
export interface Refusal {
  code: Code;
  sentence: string;
  /** What is wrong with which field: the first takes the focus. An empty text: the sentence says it. */
  fields: Record<string, string>;
  /** What was typed. What is secret is named and left empty. */
  values: Record<string, string>;
  /** When to try again, ms. */
  retryAt: number | null;
  /** The number under which it can be looked up whether it was done after all. */
  receiptId: string | null;
}

/** A form that says why it was refused. The browser's own bubbles are off: they speak its language. */
export function Form(props: {
  t: Messages;
  action: string;
  refusal?: Refusal | undefined;
  children?: Child;
}) {
  const { t, action, refusal, children } = props;
  return (
    <form method="post" action={action} novalidate>
      {refusal && <Summary t={t} refusal={refusal} />}
      {children}
    </form>
  );
}

function Summary({ t, refusal }: { t: Messages; refusal: Refusal }) {
  const { sentence, fields, retryAt, receiptId } = refusal;
  const said = Object.entries(fields).filter(([, problem]) => problem && problem !== sentence);
  const nowhere = Object.keys(fields).length === 0;
  const address = `/receipts/${receiptId}`;
  return (
    <div class="refusal" id="refusal" role="alert" tabindex={-1} autofocus={nowhere}>
      <p>{sentence}</p>
      {said.length > 0 && (
        <ul>
          {said.map(([name, problem]) => (
            <li>
              <a href={`#${name}`}>{labelOf(t, name)}: {problem}</a>
            </li>
          ))}
        </ul>
      )}
      {retryAt !== null && (
        <p>
          <Timed t={t} text={t.page.retryAt(retryAt)} ms={retryAt} />
        </p>
      )}
      {receiptId && (
        <p>
          {t.page.checkReceipt} <a class="code" href={address}>{address}</a>
        </p>
      )}
    </div>
  );
}

/** One labelled field of a form, with what is wrong with it beside it. A password is never repeated. */
export function Field(props: {
  t: Messages;
  label: string;
  name: string;
  type?: "text" | "email" | "password";
  autocomplete: string;
  hint?: string;
  refusal?: Refusal | undefined;
}) {
  const { t, label, name, type = "text", autocomplete, hint, refusal } = props;
  const problem = refusal?.fields[name];
  const wrong = problem !== undefined;
  const described = [problem ? `${name}-problem` : wrong && "refusal", hint && `${name}-hint`];
  return (
    <div class="field">
      <label for={name} id={`${name}-label`}>{label}</label>
      {problem && <p class="wrong" id={`${name}-problem`}>{problem}</p>}
      <div class="input">
        <input
          id={name}
          name={name}
          type={type}
          value={type === "password" ? undefined : refusal?.values[name]}
          autocomplete={autocomplete}
          autocapitalize="none"
          spellcheck={false}
          required
          aria-invalid={wrong ? "true" : undefined}
          aria-describedby={described.filter(Boolean).join(" ") || undefined}
          autofocus={wrong && Object.keys(refusal!.fields)[0] === name}
        />
        {type === "password" && (
          <button
            type="button"
            class="reveal"
            aria-controls={name}
            aria-pressed="false"
            aria-describedby={`${name}-label`}
            hidden
          >
            {t.page.show}
          </button>
        )}
      </div>
      {hint && <small id={`${name}-hint`}>{hint}</small>}
    </div>
  );
}

/** What people call a field. */
function labelOf(t: Messages, name: string): string {
  const labels: Record<string, string> = {
    user_id: t.page.userId,
    email: t.page.email,
    password: t.page.password,
    current: t.page.currentPassword,
    reason: t.page.reason,
  };
  return labels[name] ?? name;
}
