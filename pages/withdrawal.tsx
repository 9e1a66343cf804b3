import type { Child } from "hono/jsx";
import type { Asked } from "../domain/confirmation.ts";
import type { Words } from "../domain/data_map.ts";
import type { ProviderButton } from "../domain/provider.ts";
import type { Gone, Kept, RecipientName } from "../domain/receipt.ts";
import { reasons } from "../domain/withdrawal.ts";
import type { Messages } from "../messages/mod.ts";
import { Field, Form, type Refusal } from "./form.tsx";
import { AccountLayout, Timed } from "./layout.tsx";
import { PasskeyButton } from "./passkeys.tsx";
import { ProviderButtons } from "./providers.tsx";
import { Group, Row } from "./rows.tsx";
import type { RecipientLine } from "./receipt.tsx";

export type PlaceLine = Gone;
export type KeptLine = Kept;

/** What a withdrawal would do. */
export interface Leaving {
  /** The credentials that the member can confirm with, strongest first. */
  confirmWith: readonly string[];
  /** What the member must give to confirm. */
  confirm: Asked;
  /** The grants at providers. `ready`: leaving can end it without the member. */
  grants: readonly { name: string; ready: boolean }[];
  /** The buttons of the providers at which this member can authenticate again. */
  providers: readonly ProviderButton[];
  /** Why a withdrawal would fail now. */
  blocked: { reason: string } | null;
  graceDays: number;
  rejoinBlockDays: number;
  backupDays: number | null;
  destroy: readonly PlaceLine[];
  anonymise: readonly PlaceLine[];
  keep: readonly KeptLine[];
  /** Fields of kept rows that are deleted all the same. */
  stripped: readonly PlaceLine[];
  recipients: readonly RecipientName[];
}

/**
 * What leaving does, then the export, then the form. A refusal is shown in the form, in the same order.
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
  return (
    <AccountLayout t={t} title={t.page.withdrawal}>
      {leaving?.blocked && !refusal && <p class="notice" role="status">{leaving.blocked.reason}</p>}
      {leaving && <LeavingPreview t={t} leaving={leaving} />}
      <Group>
        <Row label={t.leaving.exportFirst} href={`${t.service.paths.export}?format=zip`} />
      </Group>
      {confirm === "password" && providers.length > 0 && (
        <>
          <p>{t.page.confirmWhy}</p>
          <ProviderButtons t={t} providers={providers} use="confirm" next="/withdrawal" />
        </>
      )}
      {hasForm && (
        <LeavingForm
          t={t}
          action="/withdrawal"
          confirm={confirm}
          confirmWith={confirmWith}
          graceDays={leaving?.graceDays ?? null}
          refusal={refusal}
          once={once}
        />
      )}
    </AccountLayout>
  );
}

/** What a withdrawal deletes, what stays anonymously, what is retained, and what else follows. */
export function LeavingPreview({ t, leaving }: { t: Messages; leaving: Leaving }) {
  const { backupDays, recipients, rejoinBlockDays } = leaving;
  return (
    <>
      <Fates
        t={t}
        gone={leaving.destroy}
        stripped={leaving.stripped}
        anonymous={leaving.anonymise}
        kept={leaving.keep}
      />
      <h2>{t.leaving.terms}</h2>
      <ul class="terms">
        <li>{t.page.rejoin(rejoinBlockDays)}</li>
        {backupDays !== null && <li>{t.page.backups(backupDays)}</li>}
        {recipients.length > 0 && (
          <li>
            {t.page.told}: {recipients.map(({ name, kind }) => `${name} (${t.page.kinds[kind]})`)
              .join(", ")}
          </li>
        )}
      </ul>
      <Grants t={t} leaving={leaving} />
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

/**
 * The form of leaving: a proof if one is asked for, a reason, the warning, and two equal buttons.
 * @param action the address that the form is sent to
 * @param stay the address of the other button
 */
export function LeavingForm(props: {
  t: Messages;
  action: string;
  stay?: string;
  confirm: Asked | null;
  /** What the member can confirm with. */
  confirmWith?: readonly string[];
  graceDays: number | null;
  refusal?: Refusal | undefined;
  once: string;
  children?: Child;
}) {
  const {
    t,
    action,
    stay = props.t.service.paths.account,
    confirm,
    confirmWith = [],
    graceDays,
    refusal,
    once,
    children,
  } = props;
  const asksProof = confirm === "password";
  const byPassword = asksProof && confirmWith.includes("password");
  const byPasskey = asksProof && confirmWith.includes("passkey");
  return (
    <Form t={t} action={action} refusal={refusal} once={once}>
      {children}
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
      {graceDays !== null && <p class="warning" id="warning">{t.page.grace(graceDays)}</p>}
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
      <div class="equal">
        {confirm === "sign_in" && (
          <a class="button" href={t.service.paths.signIn}>{t.page.signIn}</a>
        )}
        {confirm !== "sign_in" && (byPassword || !byPasskey) && (
          <button
            type="submit"
            class="danger"
            aria-describedby={graceDays !== null ? "warning" : undefined}
          >
            {t.page.withdraw}
          </button>
        )}
        <a class="button quiet" href={stay}>{t.leaving.stay}</a>
      </div>
    </Form>
  );
}

/** A pending withdrawal: its deadline (ms), and a button that cancels it. */
export function PendingPage({ t, eraseAt }: { t: Messages; eraseAt: number }) {
  return (
    <AccountLayout t={t} title={t.page.scheduled} here="/withdrawal" isHome>
      <p>
        <Timed t={t} text={t.done.scheduled(eraseAt)} ms={eraseAt} />
      </p>
      <div class="actions">
        <form method="post" action="/restoration">
          <button type="submit">{t.page.restore}</button>
        </form>
        <a class="button quiet" href={`${t.service.paths.export}?format=zip`}>{t.page.export}</a>
      </div>
    </AccountLayout>
  );
}

/** The groups of a preview or a receipt. A group without rows is not shown, nor is a line without rows. */
export function Fates({ t, gone, stripped, anonymous, kept, past = false }: {
  t: Messages;
  gone: readonly PlaceLine[];
  stripped: readonly PlaceLine[];
  anonymous: readonly PlaceLine[];
  kept: readonly KeptLine[];
  /** It has happened already. */
  past?: boolean;
}) {
  const { leaving: words } = t;
  const some = (lines: readonly PlaceLine[]) => lines.filter(({ count }) => count > 0);
  return (
    <>
      <Fate
        kind="gone"
        title={past ? words.wasGone : words.gone}
        lines={[...some(gone), ...stripped]}
      >
        {(line) => <FateLine t={t} line={line}>{fieldsIn(t, line)}</FateLine>}
      </Fate>
      <Fate
        kind="anonymous"
        title={past ? words.wasAnonymised : words.anonymous}
        lines={some(anonymous)}
      >
        {(line) => (
          <FateLine t={t} line={line}>
            {line.fields?.length ? words.without(fieldsIn(t, line)) : null}
          </FateLine>
        )}
      </Fate>
      <Fate kind="kept" title={words.retained} lines={kept}>
        {(line) => (
          <FateLine t={t} line={line}>
            {fieldsIn(t, line)}
            <strong>
              <Timed t={t} text={words.until(t.day(line.until))} ms={line.until} day />
            </strong>
            {line.ground[t.language as keyof Words]}
          </FateLine>
        )}
      </Fate>
    </>
  );
}

function Fate<L extends PlaceLine>({ kind, title, lines, children }: {
  kind: "gone" | "anonymous" | "kept";
  title: string;
  lines: readonly L[];
  children: (line: L) => Child;
}) {
  if (lines.length === 0) return null;
  return (
    <section class={`fate ${kind}`}>
      <h2>{title}</h2>
      <ul class="rows">{lines.map(children)}</ul>
    </section>
  );
}

/** One entry of the data map with its count, and what is said about it, a line each. */
function FateLine({ t, line, children }: { t: Messages; line: PlaceLine; children?: Child }) {
  const said = (Array.isArray(children) ? children : [children]).filter(Boolean);
  return (
    <li>
      <span class="what">{line.what[t.language as keyof Words]}</span>{" "}
      <span class="count">{t.count(line.count, line.counter)}</span>
      {said.map((text) => <small>{text}</small>)}
    </li>
  );
}

function fieldsIn(t: Messages, { fields = [] }: PlaceLine): string {
  return fields.map((words) => words[t.language as keyof Words]).join(", ");
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
