import type { Member } from "../domain/member.ts";
import type { Messages } from "../messages/mod.ts";
import { deviceOf } from "../domain/device.ts";
import { AccountName, Field, Form, type Refusal } from "./form.tsx";
import { AccountLayout, type Notice, Timed } from "./layout.tsx";
import { Group, Row } from "./rows.tsx";

/** The member's record, and the pages of the account in groups. Leaving is the last of them. */
export function UserinfoPage(props: {
  t: Messages;
  member: Member;
  hasPassword: boolean;
  /** Whether mail is sent: without it the address stays as it is. */
  mail: boolean;
  /** Whether addresses are verified. */
  verifies: boolean;
  /** Whether members can sign in with another service. */
  hasProviders: boolean;
  /** Whether members are asked to agree to anything. */
  hasConsents: boolean;
  notice: Notice | null;
}) {
  const { t, member, hasPassword, mail, verifies, hasProviders, hasConsents, notice } = props;
  return (
    <AccountLayout t={t} title={t.page.myPage} notice={notice} isHome>
      <Group title={t.page.profile}>
        <Row label={t.page.userId}>{member.name}</Row>
        <Row label={t.page.email}>
          {member.email}{" "}
          {verifies && <small>{member.emailVerified ? t.link.verified : t.link.unverified}</small>}
        </Row>
        <Row label={t.page.joinedAt}>
          <Timed t={t} ms={member.joinedAt} day />
        </Row>
      </Group>
      {verifies && !member.emailVerified && (
        <form method="post" action="/userinfo/verification">
          <button type="submit" class="quiet">{t.link.sendVerification}</button>
        </form>
      )}
      <Group title={t.page.security}>
        {mail && <Row label={t.link.email} href="/userinfo/email" />}
        <Row
          label={hasPassword ? t.page.changePassword : t.page.choosePassword}
          href="/userinfo/password"
        />
        <Row label={t.page.passkeys} href="/userinfo/passkeys" />
        {hasProviders && <Row label={t.page.identities} href="/userinfo/identities" />}
        <Row label={t.page.devices} href="/userinfo/sessions" />
      </Group>
      <Group title={t.page.myData}>
        <Row label={t.page.export} href="/userinfo/export?format=zip" />
        {hasConsents && <Row label={t.consent.title} href="/userinfo/consents" />}
        <Row label={t.page.policy} href="/policy" />
      </Group>
      <Group>
        <Row label={t.page.withdrawal} href="/withdrawal" quiet />
      </Group>
    </AccountLayout>
  );
}

/** The password form. A member without a password sets one, in a fresh session. */
export function PasswordPage(props: {
  t: Messages;
  /** The member's user id. */
  name?: string | null;
  minLength: number;
  hasPassword: boolean;
  refusal?: Refusal | undefined;
}) {
  const { t, name = null, minLength, hasPassword, refusal } = props;
  const title = hasPassword ? t.page.changePassword : t.page.choosePassword;
  const here = "/userinfo/password";
  return (
    <AccountLayout t={t} title={title} here={here}>
      <Form t={t} action={here} refusal={refusal} next={here}>
        <AccountName name={name} refusal={refusal} />
        {hasPassword && <Field t={t} name="current" refusal={refusal} />}
        <Field t={t} name="password" minLength={minLength} changing refusal={refusal} />
        <button type="submit">{title}</button>
      </Form>
    </AccountLayout>
  );
}

/** A session of the member. */
export interface DeviceLine {
  id: string;
  /** ms, to the hour */
  lastUsedAt: number;
  userAgent: string;
  current: boolean;
}

/** The devices on which the member is signed in: this one, then the others. */
export function SessionsPage(props: {
  t: Messages;
  sessions: readonly DeviceLine[];
  notice: Notice | null;
}) {
  const { t, sessions, notice } = props;
  const others = sessions.filter(({ current }) => !current);
  return (
    <AccountLayout t={t} title={t.page.devices} notice={notice}>
      <Group title={t.page.thisDevice}>
        {sessions.filter(({ current }) => current).map((line) => <DeviceRow t={t} line={line} />)}
      </Group>
      {others.length === 0 ? <p class="soft">{t.page.noOthers}</p> : (
        <>
          <Group title={t.page.otherDevices}>
            {others.map((line) => <DeviceRow t={t} line={line} />)}
          </Group>
          <form method="post" action="/userinfo/sessions">
            <button type="submit" class="quiet">{t.page.endOthers}</button>
          </form>
        </>
      )}
    </AccountLayout>
  );
}

function DeviceRow({ t, line }: { t: Messages; line: DeviceLine }) {
  const { id, lastUsedAt, userAgent } = line;
  return (
    <li class="row">
      <div class="label">
        <span id={`device-${id}`}>{deviceOf(userAgent) || userAgent}</span>
        <br />
        <small>
          <Timed t={t} text={t.page.lastUsed(t.instant(lastUsedAt))} ms={lastUsedAt} />
        </small>
      </div>
      <form method="post" action={`/userinfo/sessions/${id}`}>
        <button type="submit" class="quiet" aria-describedby={`device-${id}`}>
          {t.page.endSession}
        </button>
      </form>
    </li>
  );
}
