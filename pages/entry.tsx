import type { Messages } from "../messages/mod.ts";
import { Field, Form, type Refusal } from "./form.tsx";
import { Layout, type Notice } from "./layout.tsx";

export function RegisterPage(props: {
  t: Messages;
  minLength: number;
  refusal?: Refusal | undefined;
}) {
  const { t, minLength, refusal } = props;
  return (
    <Layout t={t} title={t.page.join}>
      <Form t={t} action="/register" refusal={refusal}>
        <Field
          t={t}
          label={t.page.userId}
          name="user_id"
          autocomplete="username"
          refusal={refusal}
        />
        <Field
          t={t}
          label={t.page.email}
          name="email"
          type="email"
          autocomplete="email"
          refusal={refusal}
        />
        <Field
          t={t}
          label={t.page.password}
          name="password"
          type="password"
          autocomplete="new-password"
          hint={t.page.passwordHint(minLength)}
          refusal={refusal}
        />
        <button type="submit">{t.page.join}</button>
      </Form>
      <p class="aside">
        {t.page.isMember} <a href="/login">{t.page.signIn}</a>
      </p>
    </Layout>
  );
}

/**
 * @param next where to go on afterwards: given when somebody wanted to be there and was not, or was no
 *   longer, signed in
 */
export function LoginPage(props: {
  t: Messages;
  next?: string | null;
  notice?: Notice | null;
  refusal?: Refusal | undefined;
}) {
  const { t, next, notice, refusal } = props;
  const address = next ? `/login?next=${next}` : "/login";
  const sentHere = next && !refusal;
  return (
    <Layout
      t={t}
      title={sentHere ? t.page.signedOut : t.page.signIn}
      here={address}
      notice={refusal ? null : notice ?? null}
    >
      {sentHere && <p>{t.page.signedOutWhy}</p>}
      <Form t={t} action={address} refusal={refusal}>
        <Field
          t={t}
          label={t.page.userId}
          name="user_id"
          autocomplete="username"
          refusal={refusal}
        />
        <Field
          t={t}
          label={t.page.password}
          name="password"
          type="password"
          autocomplete="current-password"
          refusal={refusal}
        />
        <button type="submit">{t.page.signIn}</button>
      </Form>
      {sentHere ? <p class="aside">{t.page.haveLeft}</p> : (
        <p class="aside">
          {t.page.notMember} <a href="/register">{t.page.join}</a>
        </p>
      )}
    </Layout>
  );
}

const pagesOfMembers = ["/userinfo/sessions", "/userinfo", "/withdrawal"];

/** The page of a member that an address belongs to. Nothing else is ever gone on to after sign-in. */
export function memberPageOf(path: string | undefined): string | null {
  if (path?.startsWith("/restoration")) return "/withdrawal";
  return pagesOfMembers.find((page) => path === page || path?.startsWith(`${page}/`)) ?? null;
}

export function LogoutPage({ t }: { t: Messages }) {
  return (
    <Layout t={t} title={t.page.signOut}>
      <p>{t.page.signOutQuestion}</p>
      <form method="post" action="/logout">
        <button type="submit">{t.page.signOut}</button>
      </form>
    </Layout>
  );
}
