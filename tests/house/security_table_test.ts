import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { freshSecrets } from "../../config/mod.ts";

const text = await Deno.readTextFile("docs/security.md");
const rows = text.split("\n").filter((line) => line.startsWith("| "))
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| *| *\|$/g, "").trim()));
const named = Array.from(text.matchAll(/`(\w+_test\.ts): ([^`]+)`/g), ([, file, sentence]) => ({
  file: file!,
  sentence: sentence!,
}));
const items = rows.filter(([id = "", ...rest]) => /^\d+\.\d+\.\d+$/.test(id) && rest.length > 1);

const rooms = Array.from(Deno.readDirSync("tests"), ({ name }) => name);

/** The sentences of a file: the first text in each call that declares a test, without its stack. */
async function sentencesOf(file: string): Promise<string[]> {
  const room = rooms.find((one) => existsSync(`tests/${one}/${file}`));
  assert.ok(room, `tests/*/${file} does not exist`);
  const source = await Deno.readTextFile(`tests/${room}/${file}`);
  const calls =
    /\b(?:Deno\.test|step|race|inBrowser|testOn|testOnWith|testBehindProxy)\([^"`]*?(["`])(.*?)\1/gs;
  return Array.from(
    source.matchAll(calls),
    ([, , sentence]) => sentence!.replace(/^\$\{[\w.]+\}: /, ""),
  );
}

Deno.test("every test that docs/security.md names exists, and each name fits exactly one test", async () => {
  assert.ok(named.length > 200, "the tables name tests");
  const files = new Map<string, string[]>();
  const astray: string[] = [];
  for (const { file, sentence } of named) {
    if (!files.has(file)) files.set(file, await sentencesOf(file));
    const meant = files.get(file)!.filter((one) =>
      sentence.endsWith("…") ? one.startsWith(sentence.slice(0, -1)) : one === sentence
    );
    if (meant.length !== 1) astray.push(`${file}: ${sentence}`);
  }
  assert.deepEqual(astray, []);
});

Deno.test("docs/security.md has each requirement once, and counts them as they are", () => {
  const ids = rows.map(([id = ""]) => id).filter((id) => /^[\d.]+$|^[A-Z]\d+$/.test(id));
  assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), []);
  const said = (mark: string) => items.filter(([, , how]) => how!.startsWith(mark)).length;
  const tested = items.filter((row) => /_test\.ts: /.test(row[3]!)).length;
  const counted: [string, number][] = [
    ["Can apply", items.length],
    ["Held by a test that is named", tested],
    ["Without a test: a document, a library, a decision", items.length - tested],
    ["**Not met**", said("**Not met**")],
    ["**In part**", said("**In part**")],
    ["**Operator**", said("**Operator**")],
  ];
  const table = rows.filter(([what]) => counted.some(([one]) => one === what));
  assert.deepEqual(table, counted.map(([what, n]) => [what, String(n)]));
});

Deno.test("every secret of the configuration is in the inventory of keys", async () => {
  const [, inventory = ""] = text.split("## Keys and algorithms");
  const secrets = [
    ...Object.keys(await freshSecrets("generated")),
    "TURSO_AUTH_TOKEN",
    "RECIPIENTS",
    "MAIL_URL",
  ];
  for (const name of secrets) assert.ok(inventory.includes(`\`${name}\``), name);
});

Deno.test("the libraries that docs/security.md speaks of are the ones that run", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile("deno.json"));
  const versions = Array.from(text.matchAll(/\*\*([@\w/-]+) (\d+\.\d+\.\d+)\*\*/g));
  assert.equal(versions.length, 2);
  for (const [, name, version] of versions) assert.equal(imports[name!], `npm:${name}@${version}`);
});
