import type { Receipt } from "../domain/receipt.ts";
import type { Messages } from "../messages/mod.ts";
import { Layout } from "./layout.tsx";
import { KeptLines, Lines } from "./withdrawal.tsx";

export interface RecipientLine {
  name: string;
  kind: "processor" | "third_party";
  status: "waiting" | "confirmed" | "refused" | "given_up";
  /** ms */
  confirmedAt: number | null;
}

/** What was erased, what is kept, who has been told; it names nobody. */
export function ReceiptPage(props: {
  t: Messages;
  receipt: Receipt;
  recipients: readonly RecipientLine[];
  jws: string;
}) {
  const { t, receipt, recipients, jws } = props;
  return (
    <Layout t={t} title={t.page.receipt}>
      <dl>
        <dt>{t.page.receiptNumber}</dt>
        <dd class="code">
          <a href={`/receipts/${receipt.receiptId}`}>{receipt.receiptId}</a>
        </dd>
        <dt>{t.page.erasedAt}</dt>
        <dd>{t.instant(receipt.erasedAt)}</dd>
      </dl>
      <p>{t.page.keepReceipt}</p>
      <h2>{t.page.whatGoes}</h2>
      <Lines t={t} lines={receipt.destroyed} />
      {receipt.anonymised.length > 0 && <h2>{t.page.whatChanges}</h2>}
      <Lines t={t} lines={receipt.anonymised} />
      <h2>{t.page.whatStays}</h2>
      <KeptLines t={t} lines={receipt.kept} />
      {receipt.backupDays !== null && <p>{t.page.backups(receipt.backupDays)}</p>}
      {recipients.length > 0 && <h2>{t.page.told}</h2>}
      <ul>
        {recipients.map(({ name, kind, status, confirmedAt }) => (
          <li>
            {name} ({t.page.kinds[kind]}): {t.page.statuses[status]}{" "}
            {confirmedAt !== null && t.instant(confirmedAt)}
          </li>
        ))}
      </ul>
      <h2>{t.page.signature}</h2>
      <p class="code">{jws}</p>
    </Layout>
  );
}

/** A receipt that was promised: its number is known, the erasure is still to come. */
export function ScheduledPage(props: { t: Messages; receiptId: string; eraseAt: number }) {
  const { t, receiptId, eraseAt } = props;
  return (
    <Layout t={t} title={t.page.scheduled}>
      <p>{t.done.scheduled(eraseAt)}</p>
      <dl>
        <dt>{t.page.receiptNumber}</dt>
        <dd class="code">
          <a href={`/receipts/${receiptId}`}>{receiptId}</a>
        </dd>
      </dl>
      <p>{t.page.keepReceipt}</p>
    </Layout>
  );
}
