/** The site of the documents. */
import assert from "node:assert/strict";
import { run } from "../support/package.ts";

Deno.test("the documents build as a site in both languages, with search and without a dead link", async () => {
  const { code, said } = await run(Deno.execPath(), ["task", "-q", "docs"], ".");
  assert.equal(code, 0, said);
  const files = await filesIn("dist/site");
  for (
    const page of ["index", "withdrawal", "recipes", "threat-model", "ko/index", "ko/withdrawal"]
  ) {
    assert.ok(files.includes(`dist/site/${page}.html`), page);
  }
  const html = await Deno.readTextFile("dist/site/security.html");
  assert.doesNotMatch(html, /href="(\.\.\/)+(README|SECURITY)/, "no link leads out of the site");
  const indexes = files.filter((file) => /localSearchIndex(ko|root)\.[\w-]+\.js$/.test(file));
  assert.equal(indexes.length, 2);
});

async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) files.push(...await filesIn(`${folder}/${name}`));
    else files.push(`${folder}/${name}`);
  }
  return files;
}
