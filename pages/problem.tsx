import type { Code } from "../domain/error.ts";
import type { Messages } from "../messages/mod.ts";
import { Layout, Timed } from "./layout.tsx";

/** What went wrong where there is no form to say it on. */
export function ProblemPage(props: {
  t: Messages;
  code: Code;
  sentence: string;
  retryAt: number | null;
  /** The address that was asked for, where asking for it again is harmless. */
  here: string;
}) {
  const { t, code, sentence, retryAt, here } = props;
  return (
    <Layout t={t} title={t.page.problems[code] ?? t.page.problem} here={here}>
      <p role="alert">{sentence}</p>
      {code === "throttled" && retryAt !== null && (
        <p>
          <Timed t={t} text={t.page.retryAt(retryAt)} ms={retryAt} />
        </p>
      )}
      <div class="actions">
        <a class="button quiet" href="/">{t.page.home}</a>
      </div>
    </Layout>
  );
}
