import type { Child } from "hono/jsx";
import { masked } from "../domain/mask.ts";
import type { Messages } from "../messages/mod.ts";
import { Field, Form, Once, type Refusal } from "./form.tsx";
import { AccountLayout, EntryLayout, type Notice, Timed } from "./layout.tsx";
import { Row } from "./rows.tsx";

/** Asks whom to mail a link to. */
export function AskPage({ t, title, action, notice, refusal, children }: {
  t: Messages;
  title: string;
  action: string;
  notice?: Notice | null;
  refusal?: Refusal | undefined;
  children?: Child;
}) {
  return (
    <EntryLayout t={t} title={title} here={action} notice={notice}>
      {children}
      <Form t={t} action={action} refusal={refusal}>
        <Field t={t} name="user_id" label={t.link.nameOrEmail} refusal={refusal} />
        <button type="submit">{t.link.send}</button>
      </Form>
      <p class="aside">
        <a href="/login">{t.page.signIn}</a>
      </p>
    </EntryLayout>
  );
}

/** Whose account the link is of, so that its owner recognises it. `address` is the one that it sets. */
export function Account({ t, name, address }: {
  t: Messages;
  name: string;
  address?: string | undefined;
}) {
  return (
    <ul class="rows">
      <Row label={t.link.account}>{masked(name)}</Row>
      {address !== undefined && <Row label={t.page.email}>{masked(address)}</Row>}
    </ul>
  );
}

/**
 * The page of a link: what it does, for which account, and one button. Only the button does it, because
 * scanners of mails open links.
 */
export function LinkPage({ t, title, action, why, button, account, once, children }: {
  t: Messages;
  title: string;
  action: string;
  why: string;
  button: string;
  account: { name: string; address?: string | undefined };
  once?: string;
  children?: Child;
}) {
  return (
    <EntryLayout t={t} title={title}>
      <Account t={t} {...account} />
      {children}
      <p>{why}</p>
      <form method="post" action={action}>
        {once && <Once once={once} />}
        <button type="submit">{button}</button>
      </form>
    </EntryLayout>
  );
}

/** How to leave without signing in, and what leaving does. `mail`: whether the link can be mailed. */
export function LeavePage({ t, graceDays, mail, notice, refusal }: {
  t: Messages;
  graceDays: number;
  mail: boolean;
  notice: Notice | null;
  refusal?: Refusal | undefined;
}) {
  const what = (
    <>
      <p>{t.page.grace(graceDays)}</p>
      <p>
        {t.link.leaveWhat} <a href="/policy">{t.page.policy}</a>
      </p>
      <p>
        {t.link.leaveSignedIn} <a href="/login?next=/withdrawal">{t.page.signIn}</a>
      </p>
    </>
  );
  return mail
    ? (
      <AskPage t={t} title={t.link.leave} action="/leave" notice={notice} refusal={refusal}>
        {what}
        <p>{t.link.leaveByMail}</p>
      </AskPage>
    )
    : <EntryLayout t={t} title={t.link.leave} here="/leave">{what}</EntryLayout>;
}

/** The page of a link to leave while a withdrawal is pending: its deadline (ms). */
export function LeavingPage({ t, eraseAt }: { t: Messages; eraseAt: number }) {
  return (
    <EntryLayout t={t} title={t.page.scheduled}>
      <p>
        <Timed t={t} text={t.done.scheduled(eraseAt)} ms={eraseAt} />
      </p>
      <p class="aside">
        <a href="/login?next=/withdrawal">{t.page.signIn}</a>
      </p>
    </EntryLayout>
  );
}

/** Asks for the new address. */
export function EmailPage({ t, notice, refusal }: {
  t: Messages;
  notice?: Notice | null;
  refusal?: Refusal | undefined;
}) {
  return (
    <AccountLayout t={t} title={t.link.email} here="/userinfo/email" notice={notice}>
      <p>{t.link.emailWhy}</p>
      <Form t={t} action="/userinfo/email" refusal={refusal}>
        <Field t={t} name="email" label={t.link.newEmail} refusal={refusal} />
        <button type="submit">{t.link.send}</button>
      </Form>
      {refusal?.code === "confirmation_required" && (
        <p class="aside">
          <a href="/confirmation?next=/userinfo/email">{t.page.confirmYou}</a>
        </p>
      )}
    </AccountLayout>
  );
}
