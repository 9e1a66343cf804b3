/** The service as a process of its own, `deno serve main.ts`: it can be killed, or run within something. */
import { freshSecrets } from "../../config/mod.ts";
import { answering, freePort } from "../../cli/sqld.ts";
import type { Service } from "./harness.ts";

const secrets = await freshSecrets("generated");

export interface Process {
  /** A command that runs the one behind it: a namespace, a limit. */
  within?: string[];
  env?: Record<string, string>;
  port?: number;
  /** The jobs run twice a second instead of every five seconds. */
  quickJobs?: boolean;
}

/** The environment of a process on the embedded database in `folder`. */
export function processEnv(folder: string): Record<string, string> {
  return {
    ANNYEONG_ENV: "development",
    PASSWORD_COST: "4",
    THROTTLE_SCALE: "1000000",
    MAIL_URL: "off",
    TURSO_DATABASE_URL: `file:${folder}/test.db`,
    NO_COLOR: "1",
    ...secrets,
  };
}

/** On the embedded database in `folder`. Nobody waits for it to answer. */
export function spawnService(folder: string, setup: Process = {}) {
  const { within = [], env = {}, port, quickJobs } = setup;
  const entry = quickJobs ? "tests/support/quick_jobs.ts" : "main.ts";
  const serve = [Deno.execPath(), "serve", "-P=start", entry];
  const [command, ...args] = [...within, ...serve];
  return new Deno.Command(command!, {
    args,
    cwd: new URL("../..", import.meta.url),
    env: {
      ...processEnv(folder),
      DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port ?? freePort()}`,
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

export interface ServiceProcess extends Service {
  pid: number;
  /** What it has said, once it has ended. */
  log: Promise<string>;
  kill(): Promise<void>;
}

/** One that answers. */
export async function startService(folder: string, setup: Process = {}): Promise<ServiceProcess> {
  const port = setup.port ?? freePort();
  const process = spawnService(folder, { ...setup, port });
  const log = logOf(process);
  const origin = `http://127.0.0.1:${port}`;
  const kill = async () => {
    try {
      process.kill("SIGKILL");
    } catch {
      // it has been killed before
    }
    await log;
    await process.status;
  };
  await answering(`${origin}/readyz`);
  const sql = () => Promise.reject(new Error("it is another process"));
  const { pid } = process;
  return { origin, pid, log, fetch: (request) => fetch(request), sql, close: kill, kill };
}

export async function logOf({ stdout, stderr }: Deno.ChildProcess): Promise<string> {
  const texts = [stdout, stderr].map((stream) => new Response(stream).text());
  return (await Promise.all(texts)).join("");
}
