import assert from "node:assert/strict";

/** What a file or a folder may import: places of ours, and packages. */
interface Rule {
  from: string;
  places: string[];
  packages: string[];
}

const root = new URL("../..", import.meta.url);
const rules = await readRules();

/** Reads the table "Who may import whom" of docs/architecture.md. */
async function readRules(): Promise<Rule[]> {
  const page = await Deno.readTextFile(new URL("docs/architecture.md", root));
  const [, section = ""] = page.split("## Who may import whom");
  const names = (cell: string) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name]) => name!);
  return section.split("\n").filter((line) => line.startsWith("| `")).map((line) => {
    const [, from = "", places = "", packages = ""] = line.split("|");
    return { from: names(from)[0]!, places: names(places), packages: names(packages) };
  });
}

/** The rule of the file, or of the nearest folder around it that has one. */
function ruleOf(file: string): Rule | undefined {
  return rules.filter(({ from }) => isIn(file, from))
    .sort((a, b) => b.from.length - a.from.length)[0];
}

function isIn(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
}

Deno.test("every file imports only what docs/architecture.md allows it", async () => {
  assert.ok(rules.length > 15, "the table is found");
  const broken: string[] = [];
  for await (const file of sources()) {
    const rule = ruleOf(file);
    assert.ok(rule, `docs/architecture.md has no row for ${file}`);
    for (const target of importsOf(await Deno.readTextFile(new URL(file, root)))) {
      if (!isAllowed(file, target, rule)) broken.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

Deno.test("every row of the import table names places that exist", async () => {
  for (const { from, places } of rules) {
    for (const place of [from, ...places]) {
      const found = await Deno.stat(new URL(place, root)).catch(() => null);
      assert.ok(found, `${place} does not exist`);
    }
  }
});

Deno.test("the plain service carries nothing that only an app beside it needs", async () => {
  const reached = new Set<string>();
  async function follow(file: string): Promise<void> {
    if (reached.has(file)) return;
    reached.add(file);
    for (const target of importsOf(await Deno.readTextFile(new URL(file, root)))) {
      if (target.startsWith(".") && /\.tsx?$/.test(target)) await follow(pathOf(file, target));
    }
  }
  await follow("main.ts");
  assert.ok(reached.has("routes/withdrawal.tsx"));
  for (const file of ["mod.ts", "http/gate.ts", "cli/operate.ts"]) {
    assert.ok(!reached.has(file), file);
  }
});

Deno.test("only runtime knows Deno and the environment", async () => {
  for await (const file of sources()) {
    if (isIn(file, "runtime")) continue;
    const text = await Deno.readTextFile(new URL(file, root));
    assert.doesNotMatch(text, /\bDeno\.|\bprocess\.env\b/, file);
  }
});

Deno.test("SQL is never pieced together from values, and writes go through batches alone", async () => {
  for await (const file of sources()) {
    const text = await Deno.readTextFile(new URL(file, root));
    assert.doesNotMatch(text, /executeMultiple|\.transaction\(/, file);
    if (file !== "db/engine/server.ts") {
      assert.doesNotMatch(text, /\.execute\(|\.migrate\(/, file);
    }
    if (!["db/import/import.ts", "db/engine/migrate.ts"].includes(file)) {
      assert.doesNotMatch(text, /\.rebuild\(/, file);
    }
    assert.doesNotMatch(text, /\beval\(|new Function|innerHTML|dangerouslySetInnerHTML/, file);
    assert.doesNotMatch(text, /Math\.random\(\)(?! \* Math\.min|\);\n)/, file); // jitter alone
  }
});

Deno.test("no code, pattern or program is made from what comes in, and no hash is a weak one", async () => {
  for await (const file of sources()) {
    const text = await Deno.readTextFile(new URL(file, root));
    assert.doesNotMatch(text, /RegExp\(|setTimeout\(["'`]|Deno\.Command|child_process/, file);
    assert.doesNotMatch(text, /\braw\((?!"<!DOCTYPE html>"\))|document\.write/, file);
    const names = file === "domain/import_password.ts"
      ? /createHash\("(md5|sha1)/ // it names the hashes of other systems
      : /md5|sha-?1\b|\becb\b|des-|rc4|createCipher/i;
    assert.doesNotMatch(text, names, file);
    assert.doesNotMatch(text, /rejectUnauthorized|TLS_REJECT/, file);
  }
});

async function* sources(folder = ""): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder || ".", root))) {
    const path = `${folder}${entry.name}`;
    if (entry.isFile && /\.tsx?$/.test(entry.name)) yield path;
    if (entry.isDirectory && (folder || rules.some(({ from }) => isIn(from, path)))) {
      yield* sources(`${path}/`);
    }
  }
}

function importsOf(source: string): string[] {
  const statements = source.matchAll(
    /^(?:import|export)\s[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"/gm,
  );
  return Array.from(statements, (match) => (match[1] ?? match[2])!);
}

function pathOf(file: string, target: string): string {
  return new URL(target, new URL(file, root)).pathname.slice(root.pathname.length);
}

function isAllowed(file: string, target: string, { from, places, packages }: Rule): boolean {
  if (!target.startsWith(".")) return packages.includes(packageOf(target));
  const path = pathOf(file, target);
  return isIn(path, from) || places.some((place) => isIn(path, place));
}

function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier;
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0]!;
}
