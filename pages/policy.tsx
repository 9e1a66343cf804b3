import type { Child } from "hono/jsx";
import type { Entry, Words } from "../domain/data_map.ts";
import { rejoinBlock } from "../domain/rejoin.ts";
import type { Messages } from "../messages/mod.ts";
import { Layout } from "./layout.tsx";
import { type Leaving, Recipients } from "./withdrawal.tsx";

/**
 * The data map as a page: what is stored, why, how long, and what leaving does with it. On a narrow screen
 * CSS shows each row as a card; the ARIA roles keep it a table for screen readers.
 */
export function PolicyPage(props: {
  t: Messages;
  entries: readonly Entry[];
  terms: Pick<Leaving, "graceDays" | "rejoinBlockDays" | "backupDays" | "recipients">;
}) {
  const { t, entries, terms } = props;
  const language = t.language as keyof Words;
  const { what, purpose, lifetime, onLeaving } = t.page;
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
      <table role="table">
        <thead role="rowgroup">
          <tr role="row">
            {[what, purpose, lifetime, onLeaving].map((name) => (
              <th role="columnheader" scope="col">{name}</th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map(([label, ...cells]) => (
            <tr role="row">
              <th role="rowheader" scope="row">{label}</th>
              <Cell name={purpose}>{cells[0]}</Cell>
              <Cell name={lifetime}>{cells[1]}</Cell>
              <Cell name={onLeaving}>{cells[2]}</Cell>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>{t.page.withdrawal}</h2>
      <p>{t.page.grace(terms.graceDays)} {t.page.rejoin(terms.rejoinBlockDays)}</p>
      {terms.backupDays !== null && <p>{t.page.backups(terms.backupDays)}</p>}
      <Recipients t={t} recipients={terms.recipients} />
    </Layout>
  );
}

/** A cell. CSS shows the name of its column when the head of the table is hidden. */
function Cell({ name, children }: { name: string; children?: Child }) {
  return <td role="cell" data-name={name}>{children}</td>;
}

function onLeavingOf(t: Messages, entry: Entry): string {
  const disposition = t.page.dispositions[entry.disposition];
  if (entry.disposition !== "keep") return disposition;
  const [[unit, length]] = Object.entries(entry.period) as [["years" | "months" | "days", number]];
  const ground = entry.ground[t.language as keyof Words];
  return `${disposition}: ${t.page.period(unit, length)} (${ground})`;
}
