import type { Messages } from "../messages/mod.ts";
import { Field, Layout } from "./layout.tsx";

export function RegisterPage({ t, minLength }: { t: Messages; minLength: number }) {
  return (
    <Layout t={t} title={t.page.join}>
      <form method="post" action="/register">
        <Field label={t.page.userId} name="user_id" autocomplete="username" />
        <Field label={t.page.email} name="email" type="email" autocomplete="email" />
        <Field
          label={t.page.password}
          name="password"
          type="password"
          autocomplete="new-password"
          hint={t.page.passwordHint(minLength)}
        />
        <button type="submit">{t.page.join}</button>
      </form>
      <p>
        <a href="/login">{t.page.signIn}</a>
      </p>
    </Layout>
  );
}

export function LoginPage({ t }: { t: Messages }) {
  return (
    <Layout t={t} title={t.page.signIn}>
      <form method="post" action="/login">
        <Field label={t.page.userId} name="user_id" autocomplete="username" />
        <Field
          label={t.page.password}
          name="password"
          type="password"
          autocomplete="current-password"
        />
        <button type="submit">{t.page.signIn}</button>
      </form>
      <p>
        <a href="/register">{t.page.join}</a>
      </p>
    </Layout>
  );
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
