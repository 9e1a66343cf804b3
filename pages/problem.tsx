import type { Messages } from "../messages/mod.ts";
import { Layout } from "./layout.tsx";

/** What went wrong, and with which field. */
export function ProblemPage(props: {
  t: Messages;
  sentence: string;
  fields: Record<string, string>;
}) {
  const { t, sentence, fields } = props;
  const names: Record<string, string> = {
    user_id: t.page.userId,
    email: t.page.email,
    password: t.page.password,
    current: t.page.currentPassword,
  };
  return (
    <Layout t={t} title={t.page.problem}>
      <p role="alert">{sentence}</p>
      <ul>
        {Object.entries(fields).map(([name, problem]) => <li>{names[name] ?? name}: {problem}</li>)}
      </ul>
      <p>
        <a href="/">{t.page.home}</a>
      </p>
    </Layout>
  );
}
