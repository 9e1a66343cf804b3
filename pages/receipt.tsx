import type { Words } from "../domain/data_map.ts";
import type { GrantState } from "../domain/provider.ts";
import type { Receipt } from "../domain/receipt.ts";
import type { Messages } from "../messages/mod.ts";
import { Layout, Timed } from "./layout.tsx";
import { Drawing, Seal } from "./mark.tsx";
import { type BrowserSignal, Signal } from "./passkeys.tsx";
import { QrCode } from "./qr.tsx";
import { Fates, Recipients } from "./withdrawal.tsx";

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
 * The receipt as a certificate: what was deleted, what is kept, who was notified, and how to check it. It
 * does not name the member.
 * @param jws the signed receipt
 * @param address the permanent address of this receipt
 * @param signal what to tell the browser about the passkeys of who has just left
 * @param farewell whether to thank the reader, who has just left
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
  const path = `/receipts/${receipt.receiptId}`;
  const { certificate: words } = t;
  return (
    <Layout
      t={t}
      title={farewell ? t.page.farewell : t.page.receipt}
      here={path}
      hidden
    >
      {farewell && (
        <div class="farewell">
          <Drawing leaving />
          <h1>{t.page.farewell}</h1>
          <p class="lead">{t.page.thanks}</p>
        </div>
      )}
      <article class="certificate">
        <div class="head">
          <Seal />
          {farewell ? <h2>{t.page.receipt}</h2> : <h1>{t.page.receipt}</h1>}
          <p>{words.issuedBy(t.service.name)}</p>
        </div>
        <p>{words.statement}</p>
        <dl>
          <dt>{t.page.receiptNumber}</dt>
          <dd class="code">{receipt.receiptId}</dd>
          <dt>{t.page.erasedAt}</dt>
          <dd>
            <Timed t={t} ms={receipt.erasedAt} />
          </dd>
        </dl>
        <Fates
          t={t}
          gone={receipt.destroyed}
          stripped={receipt.stripped}
          anonymous={receipt.anonymised}
          kept={receipt.kept}
          past
        />
        {receipt.backupDays !== null && <p class="hint">{t.page.backups(receipt.backupDays)}</p>}
        <Recipients t={t} recipients={recipients} />
        <Grants t={t} grants={grants} />
        <div class="proof">
          <QrCode text={address} />
          <div>
            <p>{words.scan}</p>
            <p class="code">
              <a href={path}>{address}</a>
            </p>
            <span data-copy={address} data-label={words.copy} data-done={words.copied}></span>
          </div>
        </div>
      </article>
      <div
        class="verify"
        data-verify={jws}
        data-keys={jwks}
        data-number={receipt.receiptId}
        data-label={words.verify}
        data-why={words.verifyWhy}
        data-valid={words.valid}
        data-broken={words.broken}
        data-unable={words.unable}
      >
      </div>
      <div class="actions">
        <span data-print={words.print}></span>
        <a class="button quiet" href={`${path}?download`}>{words.file}</a>
      </div>
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
