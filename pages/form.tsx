import type { Child } from "hono/jsx";
import type { Code } from "../domain/error.ts";
import type { Messages } from "../messages/mod.ts";
import { Timed } from "./layout.tsx";

/** Why a form was refused. The form shows it. */
export interface Refusal {
  code: Code;
  sentence: string;
  /** The problem of each field; empty if `sentence` says it already. The first field gets the focus. */
  fields: Record<string, string>;
  /** The values that were sent. Passwords are present but empty. */
  values: Record<string, string>;
  /** When to try again, ms. */
  retryAt: number | null;
  /** The number of the receipt, if the withdrawal may have been carried out. */
  receiptId: string | null;
}

interface Props {
  t: Messages;
  refusal: Refusal | undefined;
}

/**
 * A form that shows why it was refused. `novalidate` turns off the browser's messages, which are in the
 * browser's language.
 * @param next the page to return to, if the member has to confirm first
 * @param once a token by which the service recognises a form that is sent twice
 */
export function Form({ t, refusal, action, once, next, children }: Props & {
  action: string;
  next?: string;
  once?: string;
  children?: Child;
}) {
  return (
    <form method="post" action={action} novalidate>
      {refusal && <Summary t={t} refusal={refusal} next={next} />}
      {once && <Once once={once} />}
      {children}
    </form>
  );
}

/** The hidden field of the form's token. */
export function Once({ once }: { once: string }) {
  return <input type="hidden" name="once" value={once} />;
}

/** Why a form was refused, above it. */
export function Summary(
  { t, refusal, next }: { t: Messages; refusal: Refusal; next?: string | undefined },
) {
  const { code, sentence, fields, retryAt, receiptId } = refusal;
  const said = Object.entries(fields).filter(([, problem]) => problem && problem !== sentence);
  const nowhere = Object.keys(fields).length === 0;
  return (
    <div class="refusal" id="refusal" role="alert" tabindex={-1} autofocus={nowhere}>
      <p>{sentence}</p>
      {said.map(([name, problem]) => (
        <p>
          <a href={`#${name}`}>{labelOf(t, name, "current" in refusal.values)}: {problem}</a>
        </p>
      ))}
      {retryAt && <Timed t={t} text={t.page.retryAt(retryAt)} ms={retryAt} />}
      {code === "confirmation_required" && next && (
        <a href={`/confirmation?next=${next}`}>{t.page.confirm}</a>
      )}
      {receiptId && <a href={`/receipts/${receiptId}`}>{t.page.receipt}</a>}
    </div>
  );
}

/** The `type` and `autocomplete` of each field. */
const fields = {
  user_id: ["text", "username"],
  email: ["email", "email"],
  password: ["password", "current-password"],
  current: ["password", "current-password"],
  phrase: ["text", "off"],
} as const;

/**
 * A labelled field, with its problem.
 * @param label in place of the usual one
 * @param minLength of a new password
 * @param passkeys the autofill also offers passkeys
 * @param changing the new password replaces another one
 * @param value what the field holds at first
 */
export function Field(
  { t, refusal, name, label, minLength, changing = false, passkeys = false, value }: Props & {
    name: keyof typeof fields;
    label?: string;
    minLength?: number;
    changing?: boolean;
    passkeys?: boolean;
    value?: string | undefined;
  },
) {
  const [type, autocomplete] = fields[name];
  const problem = refusal?.fields[name];
  const wrong = problem !== undefined;
  const described = [problem ? `${name}-problem` : wrong && "refusal", minLength && `${name}-hint`];
  return (
    <div class="field">
      <label for={name} id={`${name}-label`}>{label ?? labelOf(t, name, changing)}</label>
      {problem && <p class="wrong" id={`${name}-problem`}>{problem}</p>}
      <div class="input">
        <input
          id={name}
          name={name}
          type={type}
          value={refusal?.values[name] ?? value}
          autocomplete={minLength
            ? "new-password"
            : passkeys
            ? `${autocomplete} webauthn`
            : autocomplete}
          autocapitalize="none"
          spellcheck={false}
          required
          aria-invalid={wrong ? "true" : undefined}
          aria-describedby={described.filter(Boolean).join(" ") || undefined}
          data-show={type === "password" ? t.page.show : undefined}
          autofocus={wrong && Object.keys(refusal!.fields)[0] === name}
        />
      </div>
      {minLength && <small id={`${name}-hint`}>{t.page.passwordHint(minLength)}</small>}
    </div>
  );
}

/** Returns the label of a field. */
function labelOf(t: Messages, name: string, changing: boolean): string {
  const labels: Record<string, string> = {
    user_id: t.page.userId,
    email: t.page.email,
    password: changing ? t.page.newPassword : t.page.password,
    current: t.page.currentPassword,
    phrase: t.page.typePhrase,
    reason: t.page.reason,
  };
  return labels[name] ?? name;
}
