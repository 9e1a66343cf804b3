import type { Messages } from "../messages/mod.ts";
import { Field, Layout } from "./layout.tsx";

/** A member who forgot the password: a new one, or the way out. */
export function RecoveryPage(props: {
  t: Messages;
  token: string;
  minLength: number;
  eraseAt: number | null;
}) {
  const { t, token, minLength, eraseAt } = props;
  return (
    <Layout t={t} title={t.page.recovery}>
      <form method="post" action={`/recovery/${token}`}>
        <Field
          label={t.page.newPassword}
          name="password"
          type="password"
          autocomplete="new-password"
          hint={t.page.passwordHint(minLength)}
        />
        <button type="submit">{t.page.setPassword}</button>
      </form>
      {eraseAt === null && (
        <form method="post" action={`/recovery/${token}/withdrawal`}>
          <h2>{t.page.withdrawal}</h2>
          <p>{t.page.recoveryWithdrawal}</p>
          <button type="submit" class="quiet">{t.page.withdraw}</button>
        </form>
      )}
    </Layout>
  );
}
