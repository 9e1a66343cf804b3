import type { Child } from "hono/jsx";
import type { Asked } from "../domain/confirmation.ts";
import type { Words } from "../domain/data_map.ts";
import type { ProviderButton } from "../domain/provider.ts";
import type { RecipientName } from "../domain/receipt.ts";
import { reasons } from "../domain/withdrawal.ts";
import type { Messages } from "../messages/mod.ts";
import { Field, Form, type Refusal } from "./form.tsx";
import { AccountLayout, Layout, SignOut, Timed } from "./layout.tsx";
import { PasskeyButton } from "./passkeys.tsx";
import { ProviderButtons } from "./providers.tsx";
import type { RecipientLine } from "./receipt.tsx";

/** An entry of the data map, and a number of rows. */
export interface PlaceLine {
  what: Words;
  count: number;
}
/** Rows that are kept apart, and why and until when. */
export interface KeptLine extends PlaceLine {
  ground: Words;
  /** ms */
  until: number;
}

/** What a withdrawal would do. */
export interface Leaving {
  /** The credentials that the member can confirm with, strongest first. */
  confirmWith: readonly string[];
  /** What the member must give to confirm. */
  confirm: Asked;
  /** The grants at providers. `ready`: leaving can end it without the member. */
  grants: readonly { name: string; ready: boolean }[];
  /** The buttons of the providers at which this member can authenticate anew. */
  providers: readonly ProviderButton[];
  /** Why a withdrawal would fail now. */
  blocked: { reason: string } | null;
  graceDays: number;
  rejoinBlockDays: number;
  backupDays: number | null;
  destroy: readonly PlaceLine[];
  anonymise: readonly PlaceLine[];
  keep: readonly KeptLine[];
  recipients: readonly RecipientName[];
}

/**
 * The preview of a withdrawal, and its form.
 * @param leaving `null` if the database does not answer; the form can still be sent
 */
export function WithdrawalPage(props: {
  t: Messages;
  confirm: Asked;
  leaving: Leaving | null;
  refusal?: Refusal | undefined;
  once: string;
}) {
  const { t, confirm, leaving, refusal, once } = props;
  const providers = leaving?.providers ?? [];
  const confirmWith = leaving?.confirmWith ?? ["password"];
  const hasForm = confirm !== "password" || providers.length === 0 ||
    confirmWith.includes("password") || confirmWith.includes("passkey");
  const form = (
    <>
      {confirm === "password" && providers.length > 0 && (
        <>
          <p>{t.page.confirmWhy}</p>
          <ProviderButtons t={t} providers={providers} use="confirm" next="/withdrawal" />
        </>
      )}
      {hasForm && <WithdrawalForm {...{ t, confirm, confirmWith, refusal, once }} />}
    </>
  );
  return (
    <AccountLayout t={t} title={t.page.withdrawal}>
      {refusal && form}
      {leaving?.blocked && !refusal && <p class="notice" role="status">{leaving.blocked.reason}</p>}
      {leaving && (
        <Preview t={t} leaving={leaving}>
          <p class="aside">
            <a href={t.service.paths.export}>{t.page.export}</a>
            {t.service.paths.signOut && (
              <>
                {" · "}
                <a href={t.service.paths.signOut}>{t.page.signOut}</a>
              </>
            )}
          </p>
        </Preview>
      )}
      {!refusal && form}
    </AccountLayout>
  );
}

/** What a withdrawal would do. `children` stand below it. */
export function Preview({ t, leaving, children }: {
  t: Messages;
  leaving: Leaving;
  children?: Child;
}) {
  const { destroy, anonymise, keep, recipients, backupDays } = leaving;
  return (
    <>
      <p class="lead">{t.page.grace(leaving.graceDays)}</p>
      <Lines t={t} title={t.page.whatGoes} lines={destroy} />
      {backupDays !== null && <p>{t.page.backups(backupDays)}</p>}
      <Lines t={t} title={t.page.whatChanges} lines={anonymise} />
      <h2>{t.page.whatStays}</h2>
      <KeptLines t={t} lines={keep} />
      <h2>{t.page.userId}, {t.page.email}</h2>
      <p>{t.page.rejoin(leaving.rejoinBlockDays)}</p>
      <Recipients t={t} recipients={recipients} />
      <Grants t={t} leaving={leaving} />
      {children}
    </>
  );
}

/** What becomes of the grants at providers. Where only the member can end one, they may authenticate first. */
function Grants({ t, leaving }: { t: Messages; leaving: Leaving }) {
  if (leaving.grants.length === 0) return null;
  const open = leaving.grants.filter(({ ready }) => !ready).map(({ name }) => name);
  const providers = leaving.providers.filter(({ name }) => open.includes(name));
  return (
    <>
      <h2>{t.page.grants}</h2>
      {open.length === 0 ? <p>{t.page.grantsEnd}</p> : <p>{t.page.grantsByMember}</p>}
      {leaving.confirm !== "password" && (
        <ProviderButtons t={t} providers={providers} use="confirm" next="/withdrawal" />
      )}
    </>
  );
}

function WithdrawalForm(props: {
  t: Messages;
  confirm: Asked;
  confirmWith: readonly string[];
  refusal?: Refusal | undefined;
  once: string;
}) {
  const { t, confirm, confirmWith, refusal, once } = props;
  const asksProof = confirm === "password";
  const byPassword = asksProof && confirmWith.includes("password");
  const byPasskey = asksProof && confirmWith.includes("passkey");
  return (
    <Form t={t} action="/withdrawal" refusal={refusal} once={once}>
      {confirm === "sign_in" && !refusal && <p>{t.problem.confirmation_required}</p>}
      {byPassword && <Field t={t} name="password" refusal={refusal} />}
      {confirm === "phrase" && <Field t={t} name="phrase" refusal={refusal} />}
      <div class="field">
        <label for="reason">{t.page.reason}</label>
        <select id="reason" name="reason">
          <option value="">{t.page.noReason}</option>
          {reasons.map((reason) => (
            <option value={reason} selected={refusal?.values.reason === reason}>
              {t.page.reasons[reason]}
            </option>
          ))}
        </select>
      </div>
      {byPasskey && (
        <PasskeyButton
          t={t}
          does="get"
          options="/confirmation/passkey/options"
          label={t.page.leaveWithPasskey}
          without="password"
          alone={!byPassword}
        />
      )}
      <div class="actions">
        {confirm === "sign_in" && (
          <a class="button" href={t.service.paths.signIn}>{t.page.signIn}</a>
        )}
        {confirm !== "sign_in" && (byPassword || !byPasskey) && (
          <button type="submit">{t.page.withdraw}</button>
        )}
        <a class="button quiet" href={t.service.paths.account}>{t.page.myPage}</a>
      </div>
    </Form>
  );
}

/** A pending withdrawal: its deadline (ms), and a button that cancels it. */
export function PendingPage({ t, eraseAt }: { t: Messages; eraseAt: number }) {
  return (
    <Layout t={t} title={t.page.scheduled} here="/withdrawal">
      <p>
        <Timed t={t} text={t.done.scheduled(eraseAt)} ms={eraseAt} />
      </p>
      <div class="actions">
        <form method="post" action="/restoration">
          <button type="submit">{t.page.restore}</button>
        </form>
        <a class="button quiet" href={t.service.paths.export}>{t.page.export}</a>
        {t.service.paths.signOut && <SignOut t={t} />}
      </div>
    </Layout>
  );
}

/** Entries with their counts under a heading. Renders nothing if there are none. */
export function Lines({ t, title, lines }: {
  t: Messages;
  title: string;
  lines: readonly PlaceLine[];
}) {
  if (lines.length === 0) return null;
  return (
    <>
      <h2>{title}</h2>
      <dl class="card counts">
        {lines.map(({ what, count }) => (
          <>
            <dt>{what[t.language as keyof Words]}</dt>
            <dd>{t.count(count)}</dd>
          </>
        ))}
      </dl>
    </>
  );
}

/** The rows that are kept apart, with reason and end. */
export function KeptLines({ t, lines }: { t: Messages; lines: readonly KeptLine[] }) {
  if (lines.length === 0) return <p>{t.page.nothingStays}</p>;
  const language = t.language as keyof Words;
  return (
    <ul class="rows">
      {lines.map(({ what, count, ground, until }) => (
        <li>
          <div>
            <strong>{what[language]}</strong> {t.count(count)}
            <br />
            <Timed t={t} text={t.page.until(until)} ms={until} day />
            <br />
            <small>{ground[language]}</small>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** The recipients; on a receipt with their status. Renders nothing if there are none. */
export function Recipients({ t, recipients }: {
  t: Messages;
  recipients: readonly (RecipientName & Partial<RecipientLine>)[];
}) {
  if (recipients.length === 0) return null;
  return (
    <>
      <h2>{t.page.told}</h2>
      <ul>
        {recipients.map(({ name, kind, status, confirmedAt }) => (
          <li>
            {name} ({t.page.kinds[kind]}) {status && t.page.statuses[status]}{" "}
            {confirmedAt && <Timed t={t} ms={confirmedAt} />}
          </li>
        ))}
      </ul>
    </>
  );
}
