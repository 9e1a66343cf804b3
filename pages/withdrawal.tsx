import type { Confirm } from "../domain/confirmation.ts";
import type { Words } from "../domain/data_map.ts";
import { reasons } from "../domain/withdrawal.ts";
import type { Messages } from "../messages/mod.ts";
import { SignOut } from "./home.tsx";
import { Field, Layout } from "./layout.tsx";
import type { RecipientName } from "../domain/receipt.ts";

/** One place of the data map, as a page shows it. */
export interface PlaceLine {
  what: Words;
  count: number;
}
export interface KeptLine extends PlaceLine {
  ground: Words;
  /** ms */
  until: number;
}

export interface Leaving {
  confirm: Confirm;
  graceDays: number;
  rejoinBlockDays: number;
  backupDays: number | null;
  destroy: readonly PlaceLine[];
  anonymise: readonly PlaceLine[];
  keep: readonly KeptLine[];
  recipients: readonly RecipientName[];
}

/** What leaving will do, and the one form that does it: nothing is asked a second time. */
export function WithdrawalPage({ t, leaving }: { t: Messages; leaving: Leaving }) {
  const { confirm, destroy, anonymise, keep, recipients, backupDays } = leaving;
  return (
    <Layout t={t} title={t.page.withdrawal}>
      <p>{t.page.grace(leaving.graceDays)} {t.page.rejoin(leaving.rejoinBlockDays)}</p>
      <h2>{t.page.whatGoes}</h2>
      <Lines t={t} lines={destroy} />
      {anonymise.length > 0 && <h2>{t.page.whatChanges}</h2>}
      <Lines t={t} lines={anonymise} />
      <h2>{t.page.whatStays}</h2>
      <KeptLines t={t} lines={keep} />
      {backupDays !== null && <p>{t.page.backups(backupDays)}</p>}
      {recipients.length > 0 && <h2>{t.page.told}</h2>}
      <ul>{recipients.map(({ name, kind }) => <li>{name} ({t.page.kinds[kind]})</li>)}</ul>
      <p>
        <a href="/userinfo/export">{t.page.export}</a>
      </p>
      <form method="post" action="/withdrawal">
        {confirm === "password" && (
          <Field
            label={t.page.password}
            name="password"
            type="password"
            autocomplete="current-password"
          />
        )}
        {confirm === "phrase" && (
          <Field label={t.page.typePhrase} name="phrase" autocomplete="off" />
        )}
        <p class="field">
          <label for="reason">{t.page.reason}</label>
          <select id="reason" name="reason">
            <option value="">{t.page.noReason}</option>
            {reasons.map((reason) => <option value={reason}>{t.page.reasons[reason]}</option>)}
          </select>
        </p>
        <button type="submit">{t.page.withdraw}</button>
      </form>
    </Layout>
  );
}

/** A pending withdrawal: when it is carried out, and the way back. */
export function PendingPage({ t, eraseAt }: { t: Messages; eraseAt: number }) {
  return (
    <Layout t={t} title={t.page.scheduled}>
      <p>{t.done.scheduled(eraseAt)}</p>
      <div class="actions">
        <form method="post" action="/restoration">
          <button type="submit">{t.page.restore}</button>
        </form>
        <a class="button quiet" href="/userinfo/export">{t.page.export}</a>
        <SignOut t={t} />
      </div>
    </Layout>
  );
}

export function Lines({ t, lines }: { t: Messages; lines: readonly PlaceLine[] }) {
  return (
    <ul>
      {lines.map(({ what, count }) => <li>{what[t.language as keyof Words]}: {t.count(count)}</li>)}
    </ul>
  );
}

export function KeptLines({ t, lines }: { t: Messages; lines: readonly KeptLine[] }) {
  if (lines.length === 0) return <p>{t.page.nothingStays}</p>;
  const language = t.language as keyof Words;
  return (
    <ul>
      {lines.map(({ what, count, ground, until }) => (
        <li>
          {what[language]}: {t.count(count)}, {t.page.until(until)} ({ground[language]})
        </li>
      ))}
    </ul>
  );
}
