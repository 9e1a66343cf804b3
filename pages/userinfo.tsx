import type { Member } from "../domain/member.ts";
import type { Messages } from "../messages/mod.ts";
import { SignOut } from "./home.tsx";
import { Field, Layout } from "./layout.tsx";

/** The member's record, and what they can do about it. */
export function UserinfoPage(props: { t: Messages; member: Member; minLength: number }) {
  const { t, member, minLength } = props;
  return (
    <Layout t={t} title={t.page.myPage}>
      <dl>
        <dt>{t.page.userId}</dt>
        <dd>{member.name}</dd>
        <dt>{t.page.email}</dt>
        <dd>{member.email}</dd>
        <dt>{t.page.rank}</dt>
        <dd>{member.rank}</dd>
        <dt>{t.page.joinedAt}</dt>
        <dd>{t.day(member.joinedAt)}</dd>
      </dl>
      <div class="actions">
        <a class="button quiet" href="/userinfo/sessions">{t.page.devices}</a>
        <a class="button quiet" href="/userinfo/export">{t.page.export}</a>
        <a class="button quiet" href="/withdrawal">{t.page.withdrawal}</a>
        <SignOut t={t} />
      </div>
      <h2>{t.page.changePassword}</h2>
      <form method="post" action="/userinfo/password">
        <Field
          label={t.page.currentPassword}
          name="current"
          type="password"
          autocomplete="current-password"
        />
        <Field
          label={t.page.newPassword}
          name="password"
          type="password"
          autocomplete="new-password"
          hint={t.page.passwordHint(minLength)}
        />
        <button type="submit">{t.page.changePassword}</button>
      </form>
    </Layout>
  );
}

export interface DeviceLine {
  id: string;
  createdAt: number;
  userAgent: string;
  current: boolean;
}

/** Where the member is signed in. */
export function SessionsPage({ t, sessions }: { t: Messages; sessions: readonly DeviceLine[] }) {
  return (
    <Layout t={t} title={t.page.devices}>
      {sessions.map(({ id, createdAt, userAgent, current }) => (
        <div class="row">
          <span>
            {t.instant(createdAt)} {current && <strong>{t.page.thisDevice}</strong>}
            <br />
            <small>{userAgent}</small>
          </span>
          <form method="post" action={`/userinfo/sessions/${id}`}>
            <button type="submit" class="quiet">{t.page.endSession}</button>
          </form>
        </div>
      ))}
      <p>
        <a href="/userinfo">{t.page.myPage}</a>
      </p>
    </Layout>
  );
}
