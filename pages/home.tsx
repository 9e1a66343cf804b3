import type { Messages } from "../messages/mod.ts";
import { Layout, type Notice } from "./layout.tsx";

/** The home page. `name` is the member's; `null` for a visitor. */
export function HomePage({ t, name, notice }: {
  t: Messages;
  name: string | null;
  notice: Notice | null;
}) {
  if (name === null) {
    return (
      <Layout t={t} title={t.page.greeting} notice={notice}>
        <p class="lead">{t.page.tagline}</p>
        <div class="actions">
          <a class="button" href="/login">{t.page.signIn}</a>
          <a class="button quiet" href="/register">{t.page.join}</a>
        </div>
      </Layout>
    );
  }
  return (
    <Layout t={t} title={t.page.welcome(name)} notice={notice}>
      <div class="actions">
        <a class="button" href="/userinfo">{t.page.myPage}</a>
        <SignOut t={t} />
      </div>
    </Layout>
  );
}

/** The sign-out button. Every page of a member has it, or a link to it (OWASP ASVS 7.4.4). */
export function SignOut({ t }: { t: Messages }) {
  return (
    <form method="post" action={t.service.paths.signOut}>
      <button type="submit" class="quiet">{t.page.signOut}</button>
    </form>
  );
}
