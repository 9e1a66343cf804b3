import type { Receipt } from "../domain/receipt.ts";
import type { Messages } from "../messages/mod.ts";
import { Layout, Timed } from "./layout.tsx";
import { Anonymised, KeptLines, Lines } from "./withdrawal.tsx";

export interface RecipientLine {
  name: string;
  kind: "processor" | "third_party";
  status: "waiting" | "confirmed" | "refused" | "given_up";
  /** ms */
  confirmedAt: number | null;
}

/**
 * What was erased, what is kept, who has been told; it names nobody.
 *
 * @param farewell whether the reader has only just left
 * @param address where this receipt can be read for years
 */
export function ReceiptPage(props: {
  t: Messages;
  receipt: Receipt;
  recipients: readonly RecipientLine[];
  jws: string;
  address: string;
  keys: string;
  farewell: boolean;
}) {
  const { t, receipt, recipients, jws, address, keys, farewell } = props;
  const { receiptId } = receipt;
  return (
    <Layout t={t} title={farewell ? t.page.farewell : t.page.receipt}>
      {farewell && <p class="lead">{t.page.haveWithdrawn}</p>}
      {farewell && <h2>{t.page.receipt}</h2>}
      <p>{t.page.receiptIntro}</p>
      <dl class="card">
        <dt>{t.page.receiptNumber}</dt>
        <dd class="code">{receiptId}</dd>
        <dt>{t.page.erasedAt}</dt>
        <dd>
          <Timed t={t} ms={receipt.erasedAt} />
        </dd>
        <dt>{t.page.receiptLink}</dt>
        <dd class="code">
          <a href={`/receipts/${receiptId}`}>{address}</a>
        </dd>
      </dl>
      <p>{t.page.keepReceipt}</p>
      <p>
        <a class="button" href={`/receipts/${receiptId}?download`}>{t.page.downloadReceipt}</a>
      </p>
      <h2>{t.page.whatGoes}</h2>
      <Lines t={t} lines={receipt.destroyed} />
      {receipt.backupDays !== null && <p>{t.page.backups(receipt.backupDays)}</p>}
      {receipt.anonymised.length > 0 && <Anonymised t={t} lines={receipt.anonymised} />}
      <h2>{t.page.whatStays}</h2>
      <KeptLines t={t} lines={receipt.kept} />
      {recipients.length > 0 && <Told t={t} recipients={recipients} />}
      <h2>{t.page.signature}</h2>
      <p>{t.page.signatureUse(keys)}</p>
      <p class="code jws" translate="no">{jws}</p>
    </Layout>
  );
}

function Told({ t, recipients }: { t: Messages; recipients: readonly RecipientLine[] }) {
  return (
    <>
      <h2>{t.page.told}</h2>
      <ul>
        {recipients.map(({ name, kind, status, confirmedAt }) => (
          <li>
            {name} ({t.page.kinds[kind]}): {t.page.statuses[status]}{" "}
            {confirmedAt !== null && <Timed t={t} ms={confirmedAt} />}
          </li>
        ))}
      </ul>
    </>
  );
}

/** A receipt that was promised: its number is known, the erasure is still to come. */
export function ScheduledPage(props: {
  t: Messages;
  receiptId: string;
  eraseAt: number;
  address: string;
}) {
  const { t, receiptId, eraseAt, address } = props;
  return (
    <Layout t={t} title={t.page.scheduled}>
      <p class="lead">
        <Timed t={t} text={t.done.scheduled(eraseAt)} ms={eraseAt} />
      </p>
      <dl class="card">
        <dt>{t.page.receiptNumber}</dt>
        <dd class="code">{receiptId}</dd>
        <dt>{t.page.receiptLink}</dt>
        <dd class="code">
          <a href={`/receipts/${receiptId}`}>{address}</a>
        </dd>
      </dl>
      <p>{t.page.keepReceipt}</p>
      <p>{t.page.howToRestore}</p>
      <div class="actions">
        <a class="button quiet" href="/login">{t.page.signIn}</a>
      </div>
    </Layout>
  );
}
