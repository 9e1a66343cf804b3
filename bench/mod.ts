/** `deno task bench`: prints its tables and writes them to `bench/results.md`, with the machine's description. */
import { dueErasures } from "./due_erasures.ts";
import { largeMember } from "./large_member.ts";
import { type Goal, goalRows, markdownTable, type Report } from "./table.ts";
import { userinfo } from "./userinfo.ts";
import { withdrawals } from "./withdrawals.ts";

interface Section {
  title: string;
  about: string;
  run(): Promise<Report>;
}

const rounds =
  "Each contender is a process of its own, asked over HTTP on loopback by kept-alive connections, in " +
  "turns: the median of five rounds, and the least and most of them. ";

const sections: Section[] = [
  {
    title: "Userinfo",
    about: rounds +
      "The floor is the same Hono and the same driver under the same pragmas, one SELECT by key and no " +
      "sessions. Requests alternate between 200 members. Our service logs a line for each request; the " +
      "others log nothing. `of the floor` is the median of the rounds' ratios.",
    run: userinfo,
  },
  {
    title: "Withdrawals",
    about: rounds +
      "100 a turn, each by a member who has just joined and signed in, which is not timed. The floor is " +
      "one DELETE by key in a write batch; better-auth's is delete-user in a fresh session, as with us.",
    run: withdrawals,
  },
  {
    title: "A member with many rows",
    about:
      "One member with so many rows in one mapped table: preview, export (its size, and how far the " +
      "heap rises while it streams) and erasure, each a single request.",
    run: async () => ({ tables: [await largeMember()] }),
  },
  {
    title: "Many due erasures",
    about:
      "Withdrawals that are due at once, emptied by the job in runs of five seconds, one batch for each " +
      "member; the heap after the first run and after the last.",
    run: async () => ({ tables: [await dueErasures()] }),
  },
];

const only = Deno.args[0];
const goals: Goal[] = [];
const body: string[] = [];
for (const { title, about, run } of sections) {
  if (only && !title.toLowerCase().includes(only.toLowerCase())) continue;
  const report = await run();
  const tables = report.tables.map(markdownTable);
  console.log(`\n${title}\n${tables.join("\n\n")}`);
  body.push("", `## ${title}`, "", about, ...tables.flatMap((table) => ["", table]));
  goals.push(...report.goals ?? []);
}
const reached = markdownTable(goalRows(goals));
if (goals.length > 0) console.log(`\nGoals\n${reached}`);

if (!only) {
  const head = [
    "# Measurements",
    "",
    "Written by `deno task bench`. Numbers of one machine on one day: compare within a table, not across.",
    "",
    `Deno ${Deno.version.deno}, ${Deno.build.target}, ${navigator.hardwareConcurrency} cores, ` +
    `${Math.round(Deno.systemMemoryInfo().total / 2 ** 30)} GiB, ${
      new Date().toISOString().slice(0, 10)
    }.`,
    "",
    "## Goals",
    "",
    reached,
  ];
  await Deno.writeTextFile("bench/results.md", [...head, ...body].join("\n") + "\n");
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", "bench/results.md"] }).output();
}
