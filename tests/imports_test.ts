import assert from "node:assert/strict";

/** Who may import whom, by folder or top-level file; packages by name, `*` for any. */
const rules: Record<string, { own: string[]; packages: string[] | "*" }> = {
  "main.ts": { own: ["app.ts", "runtime.ts"], packages: [] },
  "mod.ts": {
    own: [
      ...["app.ts", "context.ts", "data_map.ts", "runtime.ts"],
      ...["db", "domain", "messages", "middleware", "pages"],
    ],
    packages: ["hono"],
  },
  "runtime.ts": {
    own: [
      ...["app.ts", "config.ts", "context.ts", "data_map.ts"],
      ...["db", "domain", "jobs", "messages"],
    ],
    packages: ["@logtape/logtape", "@logtape/redaction"],
  },
  "app.ts": {
    own: ["context.ts", "domain", "messages", "middleware", "routes"],
    packages: ["hono"],
  },
  "config.ts": { own: ["domain"], packages: ["zod", "jose"] },
  "context.ts": { own: ["config.ts", "db", "domain", "messages"], packages: ["hono-sessions"] },
  "data_map.ts": { own: ["domain"], packages: [] },
  routes: {
    own: ["config.ts", "context.ts", "middleware", "domain", "db", "pages"],
    packages: ["hono", "zod", "@logtape/logtape"],
  },
  middleware: {
    own: ["config.ts", "context.ts", "domain", "db", "messages", "pages"],
    packages: ["hono", "hono-sessions", "@hono/zod-validator", "@logtape/logtape", "zod"],
  },
  jobs: {
    own: ["config.ts", "context.ts", "db", "domain"],
    packages: ["@logtape/logtape", "standardwebhooks"],
  },
  pages: { own: ["domain", "messages"], packages: ["hono", "node:crypto"] },
  db: { own: ["domain"], packages: ["@libsql/client", "zod", "node:crypto", "node:buffer"] },
  domain: { own: [], packages: ["zod", "jose", "node:crypto", "node:buffer"] },
  messages: { own: [], packages: [] },
};

const root = new URL("..", import.meta.url);

Deno.test("every import follows the rules of the house", async () => {
  const broken: string[] = [];
  for await (const file of sources()) {
    const layer = file.includes("/") ? file.split("/")[0]! : file;
    const rule = rules[layer];
    assert.ok(rule, `${file} has no place in the house`);
    for (const target of importsOf(await Deno.readTextFile(new URL(file, root)))) {
      const allowed = target.startsWith(".")
        ? isOwn(file, target, layer, rule.own)
        : rule.packages === "*" || rule.packages.includes(packageOf(target));
      if (!allowed) broken.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(broken, []);
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
  for (const file of ["mod.ts", "middleware/gate.ts", "tasks/operate.ts"]) {
    assert.ok(!reached.has(file), file);
  }
});

Deno.test("only runtime.ts knows the runtime and its environment", async () => {
  for await (const file of sources()) {
    if (file === "runtime.ts") continue;
    const text = await Deno.readTextFile(new URL(file, root));
    assert.doesNotMatch(text, /\bDeno\.|\bprocess\.env\b/, file);
  }
});

Deno.test("SQL is never pieced together from values, and writes go through batches alone", async () => {
  for await (const file of sources()) {
    const text = await Deno.readTextFile(new URL(file, root));
    assert.doesNotMatch(text, /executeMultiple|\.transaction\(/, file);
    if (file !== "db/client.ts") assert.doesNotMatch(text, /\.execute\(|\.migrate\(/, file);
    if (file !== "db/adoption.ts") assert.doesNotMatch(text, /\.rebuild\(/, file);
    assert.doesNotMatch(text, /\beval\(|new Function|innerHTML|dangerouslySetInnerHTML/, file);
    assert.doesNotMatch(text, /Math\.random\(\)(?! \* Math\.min|\);\n)/, file); // jitter alone
  }
});

Deno.test("no code, pattern or program is made from what comes in, and no hash is a weak one", async () => {
  for await (const file of sources()) {
    const text = await Deno.readTextFile(new URL(file, root));
    assert.doesNotMatch(text, /RegExp\(|setTimeout\(["'`]|Deno\.Command|child_process/, file);
    assert.doesNotMatch(text, /\braw\((?!"<!DOCTYPE html>"\))|document\.write/, file);
    const names = file === "domain/adoption.ts"
      ? /createHash\("(md5|sha1)/ // it knows others' forms
      : /md5|sha-?1\b|\becb\b|des-|rc4|createCipher/i;
    assert.doesNotMatch(text, names, file);
    assert.doesNotMatch(text, /rejectUnauthorized|TLS_REJECT/, file);
  }
});

async function* sources(folder = ""): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder || ".", root))) {
    const path = `${folder}${entry.name}`;
    if (entry.isFile && /\.tsx?$/.test(entry.name)) yield path;
    if (entry.isDirectory && (folder || entry.name in rules)) yield* sources(`${path}/`);
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

function isOwn(file: string, target: string, layer: string, own: readonly string[]): boolean {
  const path = pathOf(file, target);
  const targetLayer = path.includes("/") ? path.split("/")[0]! : path;
  return targetLayer === layer || own.includes(targetLayer);
}

function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier;
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0]!;
}
