/** `deno task bench`: prints its tables and writes them to `bench/results.md`, with the machine's description. */
import { dueErasures } from "./due_erasures.ts";
import { largeMember } from "./large_member.ts";
import { markdownTable, type Row } from "./table.ts";

const sections: { title: string; about: string; run: () => Promise<Row[]> }[] = [
  {
    title: "A member with many rows",
    about:
      "One member with so many rows in one mapped table: preview, export (its size, and how far the " +
      "heap rises while it streams) and erasure, each a single request.",
    run: largeMember,
  },
  {
    title: "Many due erasures",
    about:
      "Withdrawals that are due at once, emptied by the job in runs of five seconds, one batch for each " +
      "member; the heap after the first run and after the last.",
    run: dueErasures,
  },
];

const only = Deno.args[0];
const lines = [
  "# Measurements",
  "",
  "Written by `deno task bench`. Numbers of one machine on one day: compare within a table, not across.",
  "",
  `Deno ${Deno.version.deno}, ${Deno.build.target}, ${navigator.hardwareConcurrency} cores, ` +
  `${Math.round(Deno.systemMemoryInfo().total / 2 ** 30)} GiB, ${
    new Date().toISOString().slice(0, 10)
  }.`,
];
for (const { title, about, run } of sections) {
  if (only && !title.toLowerCase().includes(only.toLowerCase())) continue;
  const table = markdownTable(await run());
  console.log(`\n${title}\n${table}`);
  lines.push("", `## ${title}`, "", about, "", table);
}
if (!only) {
  await Deno.writeTextFile("bench/results.md", lines.join("\n") + "\n");
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", "bench/results.md"] }).output();
}
