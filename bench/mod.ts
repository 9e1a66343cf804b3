/**
 * `deno task bench`: prints its tables and writes them to `bench/results.md`, with the machine's description.
 * `deno task bench userinfo sqld` prints one section alone, on one stack alone.
 */
import { dueErasures } from "./due_erasures.ts";
import { largeMember } from "./large_member.ts";
import { words } from "./compare.ts";
import { leaveTheirCore, onOneCore } from "./process.ts";
import { journeys } from "./journeys.ts";
import { proofs } from "./proofs.ts";
import { roundTrips } from "./round_trips.ts";
import { signIn } from "./sign_in.ts";
import { soak } from "./soak.ts";
import { startUp } from "./start_up.ts";
import { type Goal, goalRows, markdownTable, type Report } from "./table.ts";
import { userinfo } from "./userinfo.ts";
import { withdrawals } from "./withdrawals.ts";

interface Section {
  title: string;
  about: string;
  /** Takes long, and so runs only when it is asked for. */
  byNameAlone?: true;
  run(): Promise<Report>;
}

const rounds =
  "Each contender is a process of its own, asked over HTTP on loopback by kept-alive connections. " +
  (onOneCore.length > 0
    ? "It and its database share one core; the load comes from another. "
    : "There is no taskset here, so the contenders use every core. ") +
  "Turns alternate: the figure is the median of five rounds, with the least and the most of them. " +
  "A round with errors is counted as it was, and the errors are in the last column. ";

const sections: Section[] = [
  {
    title: "Userinfo",
    about: rounds +
      "The floor is a bare Hono app on libSQL's client: one SELECT by key, no sessions, no log. " +
      "Requests alternate between 200 members. Our service logs a line for each request; the others " +
      "log nothing. `of the floor` is the median of the rounds' ratios.",
    run: userinfo,
  },
  {
    title: "Withdrawals",
    about: rounds +
      "Each is by a member who has just joined and signed in, which is not timed. The floor is one " +
      "DELETE by key in a write batch; better-auth's is delete-user in a fresh session, as with us. " +
      "Only ours also empties the log before it answers, counts what is left, and signs a receipt.",
    run: withdrawals,
  },
  {
    title: "Journeys",
    about: rounds +
      "Joining, signing in, seeing, leaving, each journey by somebody new. Passwords are hashed at the " +
      "least cost by both; the floor has no passwords and no sign-in.",
    run: journeys,
  },
  {
    title: "Sign-in",
    about: rounds +
      "Passwords hashed as in production: our PASSWORD_COST=14 is scrypt with N = 2^14, r = 8, p = 5; " +
      "better-auth's own is N = 2^14, r = 16, p = 1.",
    run: signIn,
  },
  {
    title: "Proofs",
    about:
      "What one proof costs a Worker: the CPU time of workerd for verifying it many times in one request, " +
      "without the database. The median of five rounds, with the least and the most.",
    run: proofs,
  },
  {
    title: "Round trips",
    about:
      "sqld behind a proxy that holds back each request for 20 ms and counts them; one act after " +
      "another, 15 times: the median, and the least and most.",
    run: roundTrips,
  },
  {
    title: "Start-up",
    about:
      "From spawning the process to its first 200, seven times each: the median, and the least and " +
      "most. On workerd without wrangler, on the bundle that would be deployed; below, its size.",
    run: startUp,
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
  {
    title: "Soak",
    about:
      "Whole journeys, four at once, for ten minutes on each stack; slopes by least squares, without " +
      "the first minute.",
    byNameAlone: true,
    run: soak,
  },
];

/** What else ran: on a busy machine only ratios, and CPU time, say something. */
function load(): string[] {
  const mean = Deno.loadavg()[2] ?? 0;
  if (mean < 2 * navigator.hardwareConcurrency) return [];
  return [
    `The machine was shared with other work: its load in the last quarter of an hour was ${
      Math.round(mean)
    }.`,
    "",
  ];
}

await leaveTheirCore();
const only = words[0]?.toLowerCase();
if (only && !sections.some(({ title }) => title.toLowerCase().includes(only))) {
  console.error(`no section of this name: ${sections.map(({ title }) => title).join(", ")}`);
  Deno.exit(2);
}
const goals: Goal[] = [];
const body: string[] = [];
for (const { title, about, byNameAlone, run } of sections) {
  if (only ? !title.toLowerCase().includes(only) : byNameAlone) continue;
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
    ...load(),
    "## Goals",
    "",
    "The medians of the rounds at 32 at once, and the same by CPU time for each request.",
    "",
    reached,
  ];
  await Deno.writeTextFile("bench/results.md", [...head, ...body].join("\n") + "\n");
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", "bench/results.md"] }).output();
}
