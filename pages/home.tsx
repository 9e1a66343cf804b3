import type { Messages } from "../messages/mod.ts";
import { Layout, type Notice, Timed } from "./layout.tsx";

/** A greeting; for a member the ways to their page and out, or back while a withdrawal is pending. */
export function HomePage(props: {
  t: Messages;
  member: { name: string; eraseAt: number | null } | null;
  notice: Notice | null;
}) {
  const { t, member, notice } = props;
  if (member === null) {
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
  const { name, eraseAt } = member;
  return (
    <Layout t={t} title={t.page.welcome(name)} notice={notice}>
      {eraseAt !== null && (
        <p>
          <Timed t={t} text={t.done.scheduled(eraseAt)} ms={eraseAt} />
        </p>
      )}
      <div class="actions">
        {eraseAt === null
          ? <a class="button" href="/userinfo">{t.page.myPage}</a>
          : <a class="button" href="/withdrawal">{t.page.scheduled}</a>}
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
