import { html } from "hono/html";
import type { Words } from "../domain/data_map.ts";
import { type Exported, type ExportedTable, textOf } from "../domain/export.ts";
import type { Messages } from "../messages/mod.ts";

const style =
  "body{max-width:60rem;margin:2rem auto;padding:0 1rem;font:1rem/1.6 system-ui,sans-serif;" +
  "word-break:keep-all;overflow-wrap:anywhere}" +
  "table{border-collapse:collapse;width:100%;margin-bottom:2rem;font-size:.9rem}" +
  "th,td{border:1px solid #ccc;padding:.4rem .6rem;text-align:left;vertical-align:top}";

/** Writes an export as a page that can be read without the service. It loads nothing. */
export async function* htmlOf(t: Messages, { at, tables }: Exported): AsyncGenerator<string> {
  const title = `${t.service.name} · ${t.page.myData}`;
  yield String(html`
    <!DOCTYPE html>
    <html lang="${t.language}">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>${title}</title>
      <style>${style}</style>
      <h1>${title}</h1>
      <p>${t.exported.at(t.instant(at))}</p>
  `);
  for (const table of tables) yield* tableOf(t, table);
  yield "</html>\n";
}

async function* tableOf(t: Messages, { labels, columns, rows }: ExportedTable) {
  const language = t.language as keyof Words;
  const heading = [...new Set(labels.map((words) => words[language]))].join(", ");
  yield String(html`<h2>${heading}</h2>`);
  let begun = false;
  for await (const row of rows()) {
    if (!begun) {
      const heads = columns.map(({ name, label }) => html`<th>${label?.[language] ?? name}</th>`);
      yield String(html`
        <table>
          <thead>
            <tr>${heads}</tr>
          </thead>
          <tbody>
      `);
      begun = true;
    }
    const cells = columns.map(({ name }) => html`<td>${shown(t, row[name])}</td>`);
    yield String(html`<tr>${cells}</tr>`);
  }
  yield begun ? "</tbody></table>\n" : String(html`<p>${t.exported.none}</p>`);
}

/** Times are written for the reader. */
function shown(t: Messages, value: unknown): string {
  const text = textOf(value);
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)
    ? t.instant(Date.parse(text))
    : text;
}
