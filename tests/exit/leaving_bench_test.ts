import assert from "node:assert/strict";
import { betterAuthAlone, betterAuthWithExit } from "../../bench/leaving/better_auth.ts";
import { checks } from "../../bench/leaving/checks.ts";
import { flaskWithExit } from "../../bench/leaving/flask.ts";
import { runCheck, subjects } from "../../bench/leaving/mod.ts";
import type { Subject } from "../../bench/leaving/place.ts";

/** The failures that a subject shows. */
async function failures(subject: Subject): Promise<string[]> {
  const failed: string[] = [];
  for (const check of checks) {
    const { passed, evidence } = await runCheck(check, subject);
    if (passed === false) failed.push(`${check.name}: ${evidence}`);
  }
  return failed;
}

Deno.test("no failure of the field is left when better-auth or the Flask tutorial has the exit", async () => {
  assert.deepEqual(await failures(betterAuthWithExit), []);
  assert.deepEqual(await failures(flaskWithExit), []);
});

Deno.test("the suite of failures finds those of better-auth without the exit", async () => {
  const failed = await failures(betterAuthAlone);
  assert.ok(failed.length > 10, failed.join("\n"));
  assert.ok(failed.some((failure) => failure.includes("from the cookie")));
});

Deno.test("docs/compared.md has a row for every failure and a column for every system", async () => {
  const page = await Deno.readTextFile("docs/compared.md");
  for (const { name } of [...checks, ...subjects]) assert.ok(page.includes(`| ${name} `), name);
});
