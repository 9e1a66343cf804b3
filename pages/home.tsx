import type { Messages } from "../messages/mod.ts";
import { Layout } from "./layout.tsx";

/** A greeting; for a member the ways to their page and out. */
export function HomePage({ t, name }: { t: Messages; name: string | null }) {
  if (name === null) {
    return (
      <Layout t={t} title={t.page.greeting}>
        <p>{t.page.tagline}</p>
        <div class="actions">
          <a class="button" href="/login">{t.page.signIn}</a>
          <a class="button quiet" href="/register">{t.page.join}</a>
        </div>
      </Layout>
    );
  }
  return (
    <Layout t={t} title={t.page.welcome(name)}>
      <div class="actions">
        <a class="button" href="/userinfo">{t.page.myPage}</a>
        <SignOut t={t} />
      </div>
    </Layout>
  );
}

/** The way out, on every page of a member. */
export function SignOut({ t }: { t: Messages }) {
  return (
    <form method="post" action="/logout">
      <button type="submit" class="quiet">{t.page.signOut}</button>
    </form>
  );
}
