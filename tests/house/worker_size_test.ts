import assert from "node:assert/strict";
import { root } from "../support/sources.ts";

/** KiB gzipped: our own limit (docs/architecture.md). What an isolate loads delays its first answer. */
const limit = 240;

Deno.test("the bundle for Workers stays small, and holds no migration", async () => {
  const out = await Deno.makeTempDir({ prefix: "annyeong-bundle-" });
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "npm:wrangler", "deploy", "--dry-run", "--minify", "--outdir", out],
    cwd: root,
    env: { WRANGLER_SEND_METRICS: "false", CI: "true", NO_COLOR: "1" },
  }).output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  const [, size] = /gzip: ([\d.]+) KiB/.exec(said) ?? [];
  assert.ok(Number(size) <= limit, size ? `${size} KiB` : said);
  const files = Array.from(Deno.readDirSync(out), ({ name }) => name);
  assert.ok(files.includes("main.js"));
  assert.deepEqual(files.filter((name) => name.endsWith(".sql")), []);
  await Deno.remove(out, { recursive: true });
});
