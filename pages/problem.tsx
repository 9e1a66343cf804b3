import type { Messages } from "../messages/mod.ts";
import { Layout } from "./layout.tsx";

/**
 * What went wrong where there is no form to say it on.
 *
 * @param here as for `Layout`: asking again for what was refused must be harmless
 */
export function ProblemPage({ t, sentence, here }: {
  t: Messages;
  sentence: string;
  here: string;
}) {
  return (
    <Layout t={t} title={sentence} here={here}>
      <a class="button quiet" href="/">{t.page.home}</a>
    </Layout>
  );
}
