/** The package as its users get it: built once, and installed by npm into empty folders. */
import { answering, freePort } from "../../cli/sqld.ts";

const root = new URL("../..", import.meta.url).pathname;

export interface Ran {
  code: number;
  /** Standard output and standard error. */
  said: string;
}

export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, said: text.decode(stdout) + text.decode(stderr) };
}

/** Why the package cannot be installed here, or `null`. */
export const noRegistry = await run(
  "npm",
  ["view", "jose", "version", "--fetch-retries=0", "--fetch-timeout=5000"],
  root,
).then(({ code }) => code === 0 ? null : "npm reaches no registry", () => "there is no npm");

let built: Promise<string> | undefined;

/** Runs `deno task package` once, and returns the path of the archive. */
export function archive(): Promise<string> {
  return built ??= (async () => {
    const { code, said } = await run(Deno.execPath(), ["task", "-q", "package"], root);
    const [, name] = /(dist\/annyeong-[\w.-]+\.tgz)/.exec(said) ?? [];
    if (code !== 0 || !name) throw new Error(said);
    return `${root}${name}`;
  })();
}

/** Installs the archive in a new folder, and returns it. */
export async function installed(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-package-" });
  await install(folder);
  return folder;
}

/** Runs `npm install` of the archive in a folder. */
export async function install(folder: string): Promise<void> {
  const options = ["--no-audit", "--no-fund", "--prefer-offline"];
  const { code, said } = await run("npm", ["install", ...options, await archive()], folder);
  if (code !== 0) throw new Error(said);
}

/** Starts a server that listens on a port of its own, and waits until it answers. */
export async function serving(
  argumentsOf: (port: number) => string[],
  cwd: string,
  env: Record<string, string>,
): Promise<{ origin: string; stop(): Promise<void> }> {
  const port = freePort();
  const process = new Deno.Command(Deno.execPath(), {
    args: argumentsOf(port),
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const origin = `http://127.0.0.1:${port}`;
  await answering(`${origin}/healthz`, 60_000);
  return {
    origin,
    async stop() {
      process.kill("SIGTERM");
      await process.status;
    },
  };
}
