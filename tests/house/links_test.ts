import assert from "node:assert/strict";

const listed = await new Deno.Command("git", { args: ["ls-files", "*.md"] }).output();
const pages = new TextDecoder().decode(listed.stdout).trim().split("\n")
  .filter((page) => !page.startsWith("cli/create/template/"));

/** Without fenced and inline code. */
const proseOf = async (page: string) =>
  (await Deno.readTextFile(page)).replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, "");

/** The anchors of a page, as GitHub and VitePress make them from its headings. */
async function anchorsOf(page: string): Promise<string[]> {
  const text = (await Deno.readTextFile(page)).replace(/^```.*?^```/gms, "");
  return Array.from(
    text.matchAll(/^#+ (.+)$/gm),
    ([, heading]) => heading!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"),
  );
}

Deno.test("every relative link of every document leads to a file, and to a heading that exists", async () => {
  assert.ok(pages.length > 20, "the documents are found");
  const dead: string[] = [];
  for (const page of pages) {
    for (const [, target] of (await proseOf(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const [path, anchor] = target!.split("#");
      const file = path ? new URL(path, `file:///${page}`).pathname.slice(1) : page;
      const isThere = await Deno.stat(file).then(() => true, () => false);
      const isAnchored = !anchor || !file.endsWith(".md") ||
        (isThere && (await anchorsOf(file)).includes(decodeURIComponent(anchor)));
      if (!isThere || !isAnchored) dead.push(`${page}: ${target}`);
    }
  }
  assert.deepEqual(dead, []);
});
