/** Bundles the contenders with wrangler as for a deployment, and runs the bundles in workerd. */
import { freePort, sqldPath } from "../cli/sqld.ts";
import { openSqld } from "../tests/support/stacks.ts";
import { annyeong } from "./contenders/annyeong.ts";
import { betterAuth } from "./contenders/better_auth.ts";
import type { Contender } from "./contenders/contender.ts";
import { publicOrigin } from "./contenders/contender.ts";
import { serve, whenAnswering } from "./process.ts";

const root = new URL("..", import.meta.url).pathname;

/** A bundled contender. */
export interface Bundle {
  contender: Contender;
  folder: string;
  rawKiB: number;
  gzipKiB: number;
}

/** Bundles Annyeong and better-auth, both with the settings of `wrangler.toml`. Throws if wrangler fails. */
export async function bundles(): Promise<Bundle[]> {
  return [
    await bundle(annyeong),
    await bundle(betterAuth, "bench/contenders/better_auth_worker.ts"),
  ];
}

async function bundle(contender: Contender, ...entry: string[]): Promise<Bundle> {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-bundle-" });
  const flags = ["--dry-run", "--minify", "--outdir", folder];
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "npm:wrangler", "deploy", ...entry, ...flags],
    cwd: root,
    env: { WRANGLER_SEND_METRICS: "false", CI: "true", NO_COLOR: "1" },
    stdin: "null",
    stderr: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  const [, raw, gzip] = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(text) ?? [];
  if (!raw || !gzip) {
    throw new Error(`wrangler printed no size for ${contender.name}: ${text}`);
  }
  return { contender, folder, rawKiB: Number(raw), gzipKiB: Number(gzip) };
}

/**
 * Measures the time from spawning workerd on a bundle to its first 200, in ms, `times` times. The schema of
 * the database is made before. Returns an empty list where there is no sqld.
 */
export async function workerdStarts({ contender, folder }: Bundle, times: number) {
  if (!sqldPath()) return [];
  const sqld = await openSqld();
  const bindings = { ...await contender.env(sqld.url), PUBLIC_ORIGIN: publicOrigin };
  await (await serve(contender, sqld.url)).stop(); // makes the schema
  const found: number[] = [];
  while (found.length < times) {
    const port = freePort();
    await Deno.writeTextFile(`${folder}/config.capnp`, await configOf(folder, port, bindings));
    const start = performance.now();
    const process = new Deno.Command(await workerdPath(), {
      args: ["serve", `${folder}/config.capnp`],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const server = await whenAnswering(process, port, contender.health, start);
    found.push(server.startMs);
    await server.stop();
  }
  await sqld.stop();
  return found;
}

async function workerdPath(): Promise<string> {
  const packages = `${root}node_modules/.deno`;
  for await (const { name } of Deno.readDir(packages)) {
    const found = /^@cloudflare\+(workerd-[a-z0-9-]+)@/.exec(name);
    if (found) return `${packages}/${name}/node_modules/@cloudflare/${found[1]}/bin/workerd`;
  }
  throw new Error("workerd is not installed; run `deno install`, which installs it with wrangler");
}

/** Returns the configuration for workerd: the modules of the bundle, the main one first, and the bindings. */
async function configOf(folder: string, port: number, bindings: Record<string, string>) {
  const modules: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".js")) modules.unshift(`(name = "${name}", esModule = embed "${name}")`);
    else if (/\.(css|txt|sql|json)$/.test(name)) {
      modules.push(`(name = "./${name}", text = embed "${name}")`);
    }
  }
  const texts = Object.entries(bindings).map(([name, value]) =>
    `(name = "${name}", text = ${JSON.stringify(value)})`
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${modules.join(", ")}],
      bindings = [${texts.join(", ")}],
      compatibilityDate = "2026-09-01",
      compatibilityFlags = ["nodejs_compat"],
    )),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`;
}
