import type { Entry, Words } from "../domain/data_map.ts";
import { rejoinBlock } from "../domain/rejoin.ts";
import type { Messages } from "../messages/mod.ts";
import { Layout } from "./layout.tsx";
import { type Leaving, Recipients } from "./withdrawal.tsx";

/** The data map as a page: what is stored, why, how long, and what leaving does with it. */
export function PolicyPage(props: {
  t: Messages;
  entries: readonly Entry[];
  terms: Pick<Leaving, "graceDays" | "rejoinBlockDays" | "backupDays" | "recipients">;
}) {
  const { t, entries, terms } = props;
  const language = t.language as keyof Words;
  const { purpose, lifetime, onLeaving } = t.page;
  const rows = entries.map((entry) => [
    entry.label[language],
    entry.purpose[language],
    entry.lifetime?.[language] ?? t.page.asLongAsMember,
    onLeavingOf(t, entry),
  ]);
  if (terms.rejoinBlockDays > 0) {
    const { label, purpose, ground } = rejoinBlock;
    const period = t.page.period("days", terms.rejoinBlockDays);
    const retained = `${t.page.dispositions.keep}: ${period} (${ground[language]})`;
    rows.push([label[language], purpose[language], period, retained]);
  }
  return (
    <Layout t={t} title={t.page.policy}>
      <div class="stored">
        {rows.map(([label, ...cells]) => (
          <section>
            <h2>{label}</h2>
            <dl>
              {[purpose, lifetime, onLeaving].map((name, n) => (
                <div>
                  <dt>{name}</dt>
                  <dd>{cells[n]}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <h2>{t.page.withdrawal}</h2>
      <p>{t.page.grace(terms.graceDays)} {t.page.rejoin(terms.rejoinBlockDays)}</p>
      {terms.backupDays !== null && <p>{t.page.backups(terms.backupDays)}</p>}
      <Recipients t={t} recipients={terms.recipients} />
    </Layout>
  );
}

function onLeavingOf(t: Messages, entry: Entry): string {
  const disposition = t.page.dispositions[entry.disposition];
  if (entry.disposition !== "keep") return disposition;
  const [[unit, length]] = Object.entries(entry.period) as [["years" | "months" | "days", number]];
  const ground = entry.ground[t.language as keyof Words];
  return `${disposition}: ${t.page.period(unit, length)} (${ground})`;
}
