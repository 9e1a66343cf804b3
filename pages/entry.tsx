import type { Consent } from "../domain/consent.ts";
import type { ProviderButton } from "../domain/provider.ts";
import type { Messages } from "../messages/mod.ts";
import { ConsentFields } from "./consents.tsx";
import { AccountName, Field, Form, type Refusal, Summary } from "./form.tsx";
import { EntryLayout, type Notice } from "./layout.tsx";
import { type BrowserSignal, PasskeyButton, PasskeyForm, Signal } from "./passkeys.tsx";
import { ProviderButtons } from "./providers.tsx";

/** The registration form. `minLength` is that of a password. */
export function RegisterPage({ t, next, consents, minLength, providers, refusal, once }: {
  t: Messages;
  /** The page to show afterwards. */
  next: string | null;
  /** What the visitor is asked to agree to. */
  consents: readonly Consent[];
  minLength: number;
  providers: readonly ProviderButton[];
  once: string;
  refusal?: Refusal | undefined;
}) {
  return (
    <EntryLayout t={t} title={t.page.join} here={hrefWith("/register", next)}>
      <Form t={t} action={hrefWith("/register", next)} refusal={refusal} once={once}>
        <Field t={t} name="user_id" hint={t.page.userIdHint} refusal={refusal} />
        <Field t={t} name="email" refusal={refusal} />
        <Field t={t} name="password" minLength={minLength} refusal={refusal} />
        <ConsentFields t={t} consents={consents} refusal={refusal} />
        <button type="submit">{t.page.join}</button>
        <PasskeyButton
          t={t}
          does="create"
          options="/register/passkey/options"
          label={t.page.joinWithPasskey}
          without="password"
        />
      </Form>
      <ProviderButtons t={t} providers={providers} use="signIn" />
      <p class="aside">
        <span>{t.page.haveAccount}</span> <a href={hrefWith("/login", next)}>{t.page.signIn}</a>
      </p>
    </EntryLayout>
  );
}

/**
 * The sign-in form.
 * @param mail whether a link to set a new password can be mailed
 * @param next the page to show afterwards, if it sent the visitor here because it needs a session
 * @param signal what to tell the browser about a passkey that did not work
 */
export function LoginPage({ t, next, providers, notice, refusal, mail, signal }: {
  t: Messages;
  signal?: BrowserSignal | null;
  next: string | null;
  providers: readonly ProviderButton[];
  mail: boolean;
  notice?: Notice | null;
  refusal?: Refusal | undefined;
}) {
  const address = hrefWith("/login", next);
  const sentHere = next && !refusal;
  const title = sentHere ? t.page.signedOut : t.page.signIn;
  return (
    <EntryLayout t={t} title={title} here={address} notice={notice}>
      {sentHere && <p>{t.page.signedOutWhy}</p>}
      <Form t={t} action={address} refusal={refusal}>
        <Field t={t} name="user_id" label={t.link.nameOrEmail} refusal={refusal} passkeys />
        <Field t={t} name="password" refusal={refusal} />
        {mail && (
          <p class="beside">
            <a href="/recovery">{t.link.forgot}</a>
          </p>
        )}
        <button type="submit">{t.page.signIn}</button>
      </Form>
      <PasskeyForm
        t={t}
        action={address.replace("/login", "/login/passkey")}
        does="get"
        options="/login/passkey/options"
        label={t.page.signInWithPasskey}
        autofill
      />
      <ProviderButtons t={t} providers={providers} use="signIn" next={next} />
      <Signal signal={signal} />
      <p class="aside">
        <span>{t.page.noAccount}</span> <a href={hrefWith("/register", next)}>{t.page.join}</a>
      </p>
    </EntryLayout>
  );
}

/** A path that keeps the page to show afterwards. */
export function hrefWith(path: string, next: string | null): string {
  return next ? `${path}?next=${next}` : path;
}

const pagesOfMembers = [
  ...[
    "/userinfo/sessions",
    "/userinfo/passkeys",
    "/userinfo/password",
    "/userinfo/email",
    "/userinfo/identities",
    "/userinfo/consents",
    "/userinfo",
  ],
  "/withdrawal",
];

/**
 * Returns the members' page that a path belongs to, or `null`. A redirect after sign-in goes only to such a
 * page, so that it cannot lead to another site.
 */
export function memberPageOf(t: Messages, path = ""): string | null {
  if (path.startsWith("/restoration")) return "/withdrawal";
  const pages = [...pagesOfMembers, ...t.service.memberPages];
  return pages.find((page) => path === page || path.startsWith(`${page}/`)) ?? null;
}

/**
 * Asks for a proof again, for an action that needs a recent one.
 * @param providers those at which the member can authenticate again
 */
export function ConfirmationPage({ t, next, name, hasPassword, hasPasskey, providers, refusal }: {
  t: Messages;
  /** The member's user id. */
  name?: string | null;
  next: string | null;
  hasPassword: boolean;
  hasPasskey: boolean;
  providers: readonly ProviderButton[];
  refusal?: Refusal | undefined;
}) {
  const address = next ? `/confirmation?next=${next}` : "/confirmation";
  return (
    <EntryLayout t={t} title={t.page.confirmYou} here={address}>
      <p>{t.page.confirmWhy}</p>
      {hasPassword && (
        <Form t={t} action={address} refusal={refusal}>
          <AccountName name={name ?? null} refusal={refusal} />
          <Field t={t} name="password" refusal={refusal} />
          <button type="submit">{t.page.confirm}</button>
        </Form>
      )}
      {!hasPassword && refusal && <Summary t={t} refusal={refusal} />}
      {hasPasskey && (
        <PasskeyForm
          t={t}
          action={address.replace("/confirmation", "/confirmation/passkey")}
          does="get"
          options="/confirmation/passkey/options"
          label={t.page.confirmWithPasskey}
          alone={!hasPassword}
        />
      )}
      <ProviderButtons t={t} providers={providers} use="confirm" next={next} />
    </EntryLayout>
  );
}

/** Asks whether to sign out. */
export function LogoutPage({ t }: { t: Messages }) {
  return (
    <EntryLayout t={t} title={t.page.signOut}>
      <p>{t.page.signOutQuestion}</p>
      <form method="post" action="/logout">
        <button type="submit">{t.page.signOut}</button>
      </form>
    </EntryLayout>
  );
}
