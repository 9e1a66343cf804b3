/**
 * `deno task bench:leaving`: runs the failures of the field against each system, prints a table with the
 * evidence, and writes it into `docs/compared.md`.
 */
import { annyeong } from "./annyeong.ts";
import { betterAuthAlone, betterAuthWithExit } from "./better_auth.ts";
import { type Check, checks, type Finding } from "./checks.ts";
import { flaskByHand, flaskWithExit } from "./flask.ts";
import type { Subject } from "./place.ts";

export const subjects: readonly Subject[] = [
  annyeong,
  betterAuthAlone,
  betterAuthWithExit,
  flaskByHand,
  flaskWithExit,
];

/** Runs a check on a system that was started for it. */
export async function runCheck(check: Check, subject: Subject): Promise<Finding> {
  const place = await subject.open(check.settings ?? {});
  try {
    return await check.run(place);
  } finally {
    await place.close();
  }
}

const marks = new Map([[true, "yes"], [false, "**no**"], [null, "–"]]);

if (import.meta.main) {
  const lines = [
    `| | ${subjects.map(({ name }) => name).join(" | ")} |`,
    `| --- | ${subjects.map(() => "---").join(" | ")} |`,
  ];
  const passed = subjects.map(() => 0);
  for (const check of checks) {
    const cells: string[] = [];
    for (const [index, subject] of subjects.entries()) {
      const { passed: holds, evidence } = await runCheck(check, subject);
      if (holds) passed[index]!++;
      cells.push(`${marks.get(holds)}: ${evidence}`);
      console.log(`${subject.name}: ${check.name}: ${marks.get(holds)} (${evidence})`);
    }
    lines.push(`| ${check.name} | ${cells.join(" | ")} |`);
  }
  const path = new URL("../../docs/compared.md", import.meta.url);
  const [before, , after] = (await Deno.readTextFile(path)).split(/<!-- (?:begin|end) -->/);
  const table = `<!-- begin -->\n\n${lines.join("\n")}\n\n<!-- end -->`;
  await Deno.writeTextFile(path, `${before}${table}${after}`);
  console.log(subjects.map(({ name }, index) => `${name}: ${passed[index]}`).join("; "));
}
