import type { Messages } from "../messages/mod.ts";
import { Layout } from "./layout.tsx";

/**
 * An error page, for a request without a form.
 * @param here as in `Layout`; an address that is safe to request with GET
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
