import type { Child } from "hono/jsx";
import type { Code } from "../domain/error.ts";
import type { Messages } from "../messages/mod.ts";

/** Why a form was refused. The form shows it. */
export interface Refusal {
  code: Code;
  sentence: string;
  /** The problem of each field; empty if `sentence` says it already. The first field gets the focus. */
  fields: Record<string, string>;
  /** The values that were sent. Passwords are present but empty. */
  values: Record<string, string>;
  /** When to try again. */
  retryInMinutes: number | null;
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

/**
 * The name of the account, hidden, for password managers. A form that is shown again has it from the request.
 * (https://www.chromium.org/developers/design-documents/create-amazing-password-forms/)
 */
export function AccountName(
  { name, refusal }: { name?: string | null; refusal?: Refusal | undefined },
) {
  const known = name ?? refusal?.values.username;
  if (!known) return null;
  return (
    <input
      type="text"
      name="username"
      autocomplete="username"
      value={known}
      readonly
      hidden
    />
  );
}

/** Why a form was refused, above it. */
export function Summary(
  { t, refusal, next }: { t: Messages; refusal: Refusal; next?: string | undefined },
) {
  const { code, sentence, fields, retryInMinutes, receiptId } = refusal;
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
      {retryInMinutes && <p>{t.page.retryIn(retryInMinutes)}</p>}
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
 * @param minLength of a new password; its hint says so
 * @param passkeys the autofill also offers passkeys
 * @param changing the new password replaces another one
 * @param value what the field holds at first
 */
export function Field(
  { t, refusal, name, label, minLength, hint, changing = false, passkeys = false, value }: Props & {
    name: keyof typeof fields;
    label?: string;
    minLength?: number;
    /** The rules of the field. */
    hint?: string;
    changing?: boolean;
    passkeys?: boolean;
    value?: string | undefined;
  },
) {
  const [type, autocomplete] = fields[name];
  const problem = refusal?.fields[name];
  const wrong = problem !== undefined;
  const rules = minLength ? t.page.passwordHint(minLength) : hint;
  const isSecret = type === "password";
  const described = [problem ? `${name}-problem` : wrong && "refusal", rules && `${name}-hint`];
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
          data-show={isSecret ? t.page.show : undefined}
          data-caps={isSecret ? t.page.capsLock : undefined}
          data-min={minLength}
          data-strength={minLength ? t.page.strength : undefined}
          autofocus={wrong && Object.keys(refusal!.fields)[0] === name}
        />
      </div>
      {rules && <p class="hint" id={`${name}-hint`}>{rules}</p>}
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
    consents: t.consent.title,
  };
  return labels[name] ?? name;
}
