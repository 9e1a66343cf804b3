import type { Messages } from "../messages/mod.ts";
import { type Refusal, Summary } from "./form.tsx";
import { AccountLayout, type Notice, Timed } from "./layout.tsx";

/** What the script tells the browser about passkeys (WebAuthn Level 3, 5.1.10). */
export interface BrowserSignal {
  /** For `PublicKeyCredential.signalAllAcceptedCredentials`. */
  accepted?: { rpId: string; userId: string; allAcceptedCredentialIds: string[] };
  /** For `PublicKeyCredential.signalUnknownCredential`. */
  unknown?: { rpId: string; credentialId: string };
}

/** A signal for the script, if there is one. */
export function Signal({ signal }: { signal: BrowserSignal | null | undefined }) {
  return signal ? <div hidden data-signal={JSON.stringify(signal)} /> : null;
}

/**
 * A button that asks the browser for a passkey, and then sends the form around it. It is hidden until the
 * script has found that the browser can.
 * @param options the address of the options
 * @param without the field that the passkey replaces
 * @param autofill also offers passkeys in the autofill of the user id
 * @param alone the form has no other way, so say that it needs JavaScript
 */
export function PasskeyButton(props: {
  t: Messages;
  does: "get" | "create";
  options: string;
  label: string;
  without?: string;
  autofill?: boolean;
  alone?: boolean;
}) {
  const { t, does, options, label, without, autofill = false, alone = false } = props;
  return (
    <>
      <div
        class="passkey"
        hidden
        data-passkey={does}
        data-options={options}
        data-without={without}
        data-autofill={autofill ? "" : undefined}
        data-cancelled={t.page.passkeyCancelled}
        data-present={t.page.passkeyPresent}
        data-failed={t.page.passkeyFailed}
      >
        <button type="button" class={alone ? undefined : "quiet"}>{label}</button>
        <input type="hidden" name="passkey" disabled />
        <p class="hint" role="status"></p>
      </div>
      {alone && (
        <noscript>
          <p>{t.page.passkeyNeedsScript}</p>
        </noscript>
      )}
    </>
  );
}

/** A form with only a passkey: for signing in and confirming. */
export function PasskeyForm(
  props: { t: Messages; action: string } & Parameters<typeof PasskeyButton>[0],
) {
  return (
    <form method="post" action={props.action}>
      <PasskeyButton {...props} />
    </form>
  );
}

/** A passkey of the member. Times in ms. */
export interface PasskeyLine {
  id: string;
  name: string;
  createdAt: number;
  lastUsedAt: number | null;
  backedUp: boolean;
}

/**
 * The member's passkeys.
 * @param fresh whether passkeys can be added and removed now
 * @param isOnlyWay the member has one credential
 */
export function PasskeysPage(props: {
  t: Messages;
  passkeys: readonly PasskeyLine[];
  fresh: boolean;
  isOnlyWay: boolean;
  signal: BrowserSignal | null;
  notice?: Notice | null;
  refusal?: Refusal | undefined;
}) {
  const { t, passkeys, fresh, isOnlyWay, signal, notice, refusal } = props;
  const here = "/userinfo/passkeys";
  return (
    <AccountLayout t={t} title={t.page.passkeys} here={here} notice={notice}>
      {refusal && <Summary t={t} refusal={refusal} />}
      <p>{t.page.passkeysWhy}</p>
      {passkeys.length > 0 && (
        <ul class="rows">
          {passkeys.map((passkey) => (
            <PasskeyRow t={t} passkey={passkey} removable={fresh && !isOnlyWay} />
          ))}
        </ul>
      )}
      {isOnlyWay && notice !== "secondWay" && <p class="hint">{t.page.onlyWay}</p>}
      {fresh
        ? (
          <form method="post" action={here}>
            <PasskeyName t={t} />
            <PasskeyButton
              t={t}
              does="create"
              options={`${here}/options`}
              label={t.page.addPasskey}
              alone
            />
          </form>
        )
        : (
          <>
            <p>{t.page.confirmFirst}</p>
            <a class="button" href={`/confirmation?next=${here}`}>{t.page.confirm}</a>
          </>
        )}
      <Signal signal={signal} />
    </AccountLayout>
  );
}

function PasskeyRow(
  { t, passkey, removable }: { t: Messages; passkey: PasskeyLine; removable: boolean },
) {
  const { id, name, createdAt, lastUsedAt, backedUp } = passkey;
  return (
    <li class="row">
      <div class="label">
        <span id={`passkey-${id}`}>{name}</span>
        <br />
        <small>
          <Timed t={t} text={t.page.passkeyAddedOn(t.day(createdAt))} ms={createdAt} day />
          {" · "}
          {lastUsedAt === null
            ? t.page.neverUsed
            : <Timed t={t} text={t.page.lastUsedOn(t.day(lastUsedAt))} ms={lastUsedAt} day />}
          {backedUp && ` · ${t.page.backedUp}`}
        </small>
      </div>
      {removable && (
        <form method="post" action={`/userinfo/passkeys/${id}`}>
          <button type="submit" class="quiet" aria-describedby={`passkey-${id}`}>
            {t.page.removePasskey}
          </button>
        </form>
      )}
    </li>
  );
}

function PasskeyName({ t }: { t: Messages }) {
  return (
    <div class="field">
      <label for="name">{t.page.passkeyName}</label>
      <div class="input">
        <input id="name" name="name" type="text" maxlength={60} autocomplete="off" />
      </div>
    </div>
  );
}
