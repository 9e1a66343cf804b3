import type { Messages } from "../messages/mod.ts";
import { AccountName, Field, Form, type Refusal } from "./form.tsx";
import { EntryLayout, Layout } from "./layout.tsx";
import { Account } from "./link.tsx";
import { type Leaving, LeavingForm, LeavingPreview } from "./withdrawal.tsx";

/** What a link shows of its member. */
interface Linked {
  t: Messages;
  token: string;
  /** The member's user id; `null` if the database does not answer. */
  name: string | null;
  /** What leaving would do; `null` if the database does not answer. */
  leaving: Leaving | null;
  refusal?: Refusal | undefined;
  once: string;
}

/** The page of a recovery link: set a new password, or withdraw. `minLength` is that of a password. */
export function RecoveryPage(
  props: Linked & {
    minLength: number;
    /** When a pending withdrawal will be carried out, ms. */
    eraseAt: number | null;
    /** Whether what was refused is the withdrawal. */
    isLeaving: boolean;
  },
) {
  const { t, token, name, leaving, minLength, eraseAt, isLeaving, refusal, once } = props;
  const after = eraseAt === null && (
    <details class="after" open={isLeaving}>
      <summary>{t.page.recoveryWithdrawal}</summary>
      {leaving && <LeavingPreview t={t} leaving={leaving} />}
      <LeavingForm
        t={t}
        action={`/recovery/${token}/withdrawal`}
        stay="/"
        confirm={null}
        graceDays={leaving?.graceDays ?? null}
        refusal={isLeaving ? refusal : undefined}
        once={once}
      />
    </details>
  );
  return (
    <EntryLayout t={t} title={t.page.recovery} after={after}>
      {name !== null && <Account t={t} name={name} />}
      {eraseAt !== null && <p class="notice">{t.done.scheduled(eraseAt)}</p>}
      <Form t={t} action={`/recovery/${token}`} refusal={isLeaving ? undefined : refusal}>
        {name !== null && <AccountName name={name} />}
        <Field t={t} name="password" minLength={minLength} changing refusal={refusal} />
        <button type="submit">{t.page.setPassword}</button>
      </Form>
    </EntryLayout>
  );
}

/** The page of a link that leaves: whose account, what leaving does, and the form. */
export function LeaveLinkPage(props: Linked) {
  const { t, token, name, leaving, refusal, once } = props;
  return (
    <Layout t={t} title={t.page.withdrawal}>
      {name !== null && <Account t={t} name={name} />}
      {leaving?.blocked && !refusal && <p class="notice" role="status">{leaving.blocked.reason}</p>}
      {leaving && <LeavingPreview t={t} leaving={leaving} />}
      <LeavingForm
        t={t}
        action={`/leave/${token}`}
        stay="/"
        confirm={null}
        graceDays={leaving?.graceDays ?? null}
        refusal={refusal}
        once={once}
      />
    </Layout>
  );
}
