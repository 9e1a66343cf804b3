import type { Entry, Words } from "../domain/data_map.ts";
import type { Messages } from "../messages/mod.ts";
import { Layout } from "./layout.tsx";
import type { Leaving } from "./withdrawal.tsx";

/** What is stored, what for, how long, and what leaving does with it: the data map, as people read it. */
export function PolicyPage(props: {
  t: Messages;
  entries: readonly Entry[];
  terms: Pick<Leaving, "graceDays" | "rejoinBlockDays" | "backupDays" | "recipients">;
}) {
  const { t, entries, terms } = props;
  const language = t.language as keyof Words;
  return (
    <Layout t={t} title={t.page.policy}>
      <div class="scroll" tabindex={0} role="region" aria-label={t.page.policy}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.page.what}</th>
              <th scope="col">{t.page.purpose}</th>
              <th scope="col">{t.page.lifetime}</th>
              <th scope="col">{t.page.onLeaving}</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <tr>
                <th scope="row">{entry.label[language]}</th>
                <td>{entry.purpose[language]}</td>
                <td>{entry.lifetime?.[language] ?? t.page.asLongAsMember}</td>
                <td>{onLeaving(t, entry)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p>{t.page.grace(terms.graceDays)} {t.page.rejoin(terms.rejoinBlockDays)}</p>
      {terms.backupDays !== null && <p>{t.page.backups(terms.backupDays)}</p>}
      {terms.recipients.length > 0 && <h2>{t.page.told}</h2>}
      <ul>{terms.recipients.map(({ name, kind }) => <li>{name} ({t.page.kinds[kind]})</li>)}</ul>
    </Layout>
  );
}

function onLeaving(t: Messages, entry: Entry): string {
  const disposition = t.page.dispositions[entry.disposition];
  if (entry.disposition !== "keep") return disposition;
  const [[unit, length]] = Object.entries(entry.period) as [["years" | "months" | "days", number]];
  const ground = entry.ground[t.language as keyof Words];
  return `${disposition}: ${t.page.period(unit, length)} (${ground})`;
}
