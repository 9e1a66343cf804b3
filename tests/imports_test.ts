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

function isOwn(file: string, target: string, layer: string, own: readonly string[]): boolean {
  const path = new URL(target, new URL(file, root)).pathname.slice(root.pathname.length);
  const targetLayer = path.includes("/") ? path.split("/")[0]! : path;
  return targetLayer === layer || own.includes(targetLayer);
}

function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier;
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0]!;
}
