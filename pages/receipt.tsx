import type { Words } from "../domain/data_map.ts";
import type { GrantState } from "../domain/provider.ts";
import type { Receipt } from "../domain/receipt.ts";
import type { Messages } from "../messages/mod.ts";
import { Layout, Timed } from "./layout.tsx";
import { Drawing } from "./mark.tsx";
import { type BrowserSignal, Signal } from "./passkeys.tsx";
import { KeptLines, Lines, Recipients } from "./withdrawal.tsx";

/** A recipient on a receipt, and whether it has confirmed the erasure. */
export interface RecipientLine {
  name: string;
  kind: "processor" | "third_party";
  status: "waiting" | "confirmed" | "refused" | "given_up";
  /** ms */
  confirmedAt: number | null;
}

/** A grant at a provider on a receipt. */
export interface GrantLine extends GrantState {
  label: Words;
  /** Where the member can end it, if it is known and not ended. */
  page: string | null;
}

/** The path of the public keys. */
const jwks = "/.well-known/jwks.json";

/**
 * The receipt: what was erased, what is kept, and who was notified. It does not name the member.
 * @param jws the signed receipt
 * @param address the permanent address of this receipt
 * @param signal what to tell the browser about the passkeys of who has just left
 * @param farewell whether to thank the member, who has just left
 */
export function ReceiptPage(props: {
  t: Messages;
  receipt: Receipt;
  recipients: readonly RecipientLine[];
  grants: readonly GrantLine[];
  jws: string;
  address: string;
  farewell: boolean;
  signal: BrowserSignal | null;
}) {
  const { t, receipt, recipients, grants, jws, address, farewell, signal } = props;
  const { receiptId } = receipt;
  return (
    <Layout t={t} title={farewell ? t.page.farewell : t.page.receipt}>
      {farewell && <Drawing leaving />}
      {farewell && <p class="lead">{t.page.thanks}</p>}
      {farewell && <h2>{t.page.receipt}</h2>}
      <p>
        {t.page.erasedAt}: <Timed t={t} ms={receipt.erasedAt} />
      </p>
      <ReceiptNumber t={t} receiptId={receiptId} address={address} />
      <a class="button" href={`/receipts/${receiptId}?download`}>{t.page.downloadReceipt}</a>
      <Lines t={t} title={t.page.whatGoes} lines={receipt.destroyed} />
      {receipt.backupDays !== null && <p>{t.page.backups(receipt.backupDays)}</p>}
      <Lines t={t} title={t.page.whatChanges} lines={receipt.anonymised} />
      <h2>{t.page.whatStays}</h2>
      <KeptLines t={t} lines={receipt.kept} />
      <Recipients t={t} recipients={recipients} />
      <Grants t={t} grants={grants} />
      <details>
        <summary>{t.page.signature}</summary>
        <p class="code">{jws}</p>
        <a class="code" href={jwks}>{jwks}</a>
      </details>
      <Signal signal={signal} />
    </Layout>
  );
}

/** What became of the grants at providers, now. The signed receipt does not name them. */
function Grants({ t, grants }: { t: Messages; grants: readonly GrantLine[] }) {
  if (grants.length === 0) return null;
  return (
    <>
      <h2>{t.page.grants}</h2>
      <ul>
        {grants.map(({ label, status, at, page }) => (
          <li>
            {label[t.language as keyof Words]}: {t.page.grantStatuses[status]}{" "}
            {status === "ended" && at !== null && <Timed t={t} ms={at} />}
            {page && <a href={page}>{t.page.grantPage}</a>}
          </li>
        ))}
      </ul>
    </>
  );
}

/** The number and the address of a receipt. */
function ReceiptNumber(
  { t, receiptId, address }: { t: Messages; receiptId: string; address: string },
) {
  return (
    <>
      <dl class="card">
        <dt>{t.page.receiptNumber}</dt>
        <dd class="code">
          {receiptId}
          <br />
          <a href={`/receipts/${receiptId}`}>{address}</a>
        </dd>
      </dl>
      <p>{t.page.keepReceipt}</p>
    </>
  );
}

/** The page of a receipt before the erasure. `eraseAt` in ms. */
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
      <ReceiptNumber t={t} receiptId={receiptId} address={address} />
      <a class="button quiet" href="/login">{t.page.signIn}</a>
    </Layout>
  );
}
