import type { Messages } from "../messages/mod.ts";
import { Field, Form, Once, type Refusal } from "./form.tsx";
import { EntryLayout } from "./layout.tsx";
import { Account } from "./link.tsx";

/** The page of a recovery link: set a new password, or withdraw. `minLength` is that of a password. */
export function RecoveryPage({ t, token, name, minLength, refusal, eraseAt, once }: {
  t: Messages;
  token: string;
  /** The member's user id; `null` where the form is shown again. */
  name: string | null;
  minLength: number;
  refusal?: Refusal | undefined;
  /** When a pending withdrawal will be carried out, ms. */
  eraseAt: number | null;
  once: string;
}) {
  return (
    <EntryLayout t={t} title={t.page.recovery}>
      {name !== null && <Account t={t} name={name} />}
      <Form t={t} action={`/recovery/${token}`} refusal={refusal}>
        <Field t={t} name="password" minLength={minLength} changing refusal={refusal} />
        <button type="submit">{t.page.setPassword}</button>
      </Form>
      <h2>{t.page.withdrawal}</h2>
      {eraseAt !== null
        ? <p>{t.done.scheduled(eraseAt)}</p>
        : (
          <form method="post" action={`/recovery/${token}/withdrawal`}>
            <Once once={once} />
            <p>{t.page.recoveryWithdrawal}</p>
            <button type="submit" class="quiet">{t.page.withdraw}</button>
          </form>
        )}
    </EntryLayout>
  );
}
