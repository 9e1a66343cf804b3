import assert from "node:assert/strict";
import { isIn, root, type Rule, rules, sources } from "../support/sources.ts";

/** The rule of the file, or of the nearest folder around it that has one. */
function ruleOf(file: string): Rule | undefined {
  return rules.filter(({ from }) => isIn(file, from))
    .sort((a, b) => b.from.length - a.from.length)[0];
}

Deno.test("every file imports only what docs/architecture.md allows it", async () => {
  assert.ok(rules.length > 15, "the table is found");
  const broken: string[] = [];
  for await (const { file, text } of sources()) {
    const rule = ruleOf(file);
    assert.ok(rule, `docs/architecture.md has no row for ${file}`);
    for (const target of importsOf(text)) {
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

Deno.test("main.ts imports nothing that only mod.ts and the command line need", async () => {
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

Deno.test("only runtime/ reads Deno.* and the environment", async () => {
  for await (const { file, text } of sources()) {
    if (isIn(file, "runtime")) continue;
    assert.doesNotMatch(text, /\bDeno\.|\bprocess\.env\b/, file);
  }
});

Deno.test("the database is written only in batches", async () => {
  for await (const { file, text } of sources()) {
    assert.doesNotMatch(text, /executeMultiple|\.transaction\(/, file);
    if (file !== "db/engine/server.ts") {
      assert.doesNotMatch(text, /\.execute\(|\.migrate\(/, file);
    }
    if (!["db/import/import.ts", "db/engine/migrate.ts"].includes(file)) {
      assert.doesNotMatch(text, /\.rebuild\(/, file);
    }
  }
});

Deno.test("Math.random is used only to spread retries", async () => {
  for await (const { file, text } of sources()) {
    assert.doesNotMatch(text, /Math\.random\(\)(?! \* Math\.min|\);\n)/, file);
  }
});

Deno.test("no code, pattern, markup or program is made from input, and no weak hash is used", async () => {
  for await (const { file, text } of sources()) {
    assert.doesNotMatch(text, /\beval\(|new Function|innerHTML|dangerouslySetInnerHTML/, file);
    assert.doesNotMatch(text, /RegExp\(|setTimeout\(["'`]|Deno\.Command|child_process/, file);
    assert.doesNotMatch(text, /\braw\((?!"<!DOCTYPE html>"\))|document\.write/, file);
    const names = file === "domain/import_password.ts"
      ? /createHash\("(md5|sha1)/ // it names the hashes of other systems
      : file === "providers/naver_notice.ts"
      ? /sha-?1\b|createCipher\b/i // Naver makes its key with MD5
      : /md5|sha-?1\b|\becb\b|des-|rc4|createCipher\b/i;
    assert.doesNotMatch(text, names, file);
    assert.doesNotMatch(text, /rejectUnauthorized|TLS_REJECT/, file);
  }
});

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
