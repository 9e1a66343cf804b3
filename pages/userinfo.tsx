import type { Member } from "../domain/member.ts";
import type { Messages } from "../messages/mod.ts";
import { deviceOf } from "../domain/device.ts";
import { Field, Form, type Refusal } from "./form.tsx";
import { SignOut } from "./home.tsx";
import { Layout, type Notice, Timed } from "./layout.tsx";

/** The member's record, with links to sessions, export and withdrawal. `minLength` is that of a password. */
export function UserinfoPage(props: {
  t: Messages;
  member: Member;
  /** Whether mail is sent: without it the address stays as it is. */
  mail: boolean;
  /** Whether addresses are verified. */
  verifies: boolean;
  minLength: number;
  notice: Notice | null;
}) {
  const { t, member, mail, verifies, minLength, notice } = props;
  return (
    <Layout t={t} title={t.page.myPage} notice={notice}>
      <dl class="card">
        <dt>{t.page.userId}</dt>
        <dd>{member.name}</dd>
        <dt>{t.page.email}</dt>
        <dd>
          {member.email}{" "}
          {verifies && <small>{member.emailVerified ? t.link.verified : t.link.unverified}</small>}
        </dd>
        <dt>{t.page.rank}</dt>
        <dd>{member.rank}</dd>
        <dt>{t.page.joinedAt}</dt>
        <dd>
          <Timed t={t} ms={member.joinedAt} day />
        </dd>
      </dl>
      {verifies && !member.emailVerified && (
        <form method="post" action="/userinfo/verification">
          <button type="submit" class="quiet">{t.link.sendVerification}</button>
        </form>
      )}
      <ul class="rows">
        {mail && (
          <li>
            <a href="/userinfo/email">{t.link.email}</a>
          </li>
        )}
        <li>
          <a href="/userinfo/sessions">{t.page.devices}</a>
        </li>
        <li>
          <a href="/userinfo/export">{t.page.export}</a>
        </li>
        <li>
          <a href="/withdrawal">{t.page.withdrawal}</a>
        </li>
      </ul>
      <SignOut t={t} />
      <h2>{t.page.changePassword}</h2>
      <PasswordForm t={t} minLength={minLength} />
    </Layout>
  );
}

/** The password form without the record, when it was refused. */
export function PasswordPage(props: { t: Messages; minLength: number; refusal: Refusal }) {
  const { t } = props;
  return (
    <Layout t={t} title={t.page.changePassword} here="/userinfo">
      <PasswordForm {...props} />
      <p class="aside">
        <a href="/userinfo">{t.page.myPage}</a> · <a href="/logout">{t.page.signOut}</a>
      </p>
    </Layout>
  );
}

function PasswordForm(props: { t: Messages; minLength: number; refusal?: Refusal }) {
  const { t, minLength, refusal } = props;
  return (
    <Form t={t} action="/userinfo/password" refusal={refusal}>
      <Field t={t} name="current" refusal={refusal} />
      <Field t={t} name="password" minLength={minLength} changing refusal={refusal} />
      <button type="submit">{t.page.changePassword}</button>
    </Form>
  );
}

/** A session of the member. */
export interface DeviceLine {
  id: string;
  /** ms */
  createdAt: number;
  userAgent: string;
  current: boolean;
}

/** The devices on which the member is signed in. */
export function SessionsPage(props: {
  t: Messages;
  sessions: readonly DeviceLine[];
  notice: Notice | null;
}) {
  const { t, sessions, notice } = props;
  return (
    <Layout t={t} title={t.page.devices} notice={notice}>
      <ul class="rows">
        {sessions.map(({ id, createdAt, userAgent, current }) => (
          <li>
            <div>
              <span id={`device-${id}`}>{deviceOf(userAgent) || userAgent}</span>{" "}
              {current && <strong>{t.page.thisDevice}</strong>}
              <br />
              <small>
                <Timed t={t} ms={createdAt} />
              </small>
            </div>
            <form method="post" action={`/userinfo/sessions/${id}`}>
              <button type="submit" class="quiet" aria-describedby={`device-${id}`}>
                {t.page.endSession}
              </button>
            </form>
          </li>
        ))}
      </ul>
      <p class="aside">
        <a href="/userinfo">{t.page.myPage}</a> · <a href="/logout">{t.page.signOut}</a>
      </p>
    </Layout>
  );
}
