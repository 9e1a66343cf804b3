/** Server processes under measurement: started, looked at by /proc, ended by id. */
import { freePort } from "../cli/sqld.ts";
import type { Contender } from "./contenders/contender.ts";
import { Connection, encode } from "./connection.ts";

export interface Server {
  pid: number;
  port: number;
  /** From spawning to the first 200. */
  startMs: number;
  stop(): Promise<void>;
}

const root = new URL("..", import.meta.url);

/** One core for a service and its database; the load comes from the others. Without taskset: all of them. */
export const onOneCore = navigator.hardwareConcurrency > 1 && await hasTaskset()
  ? ["taskset", "--cpu-list", `${navigator.hardwareConcurrency - 1}`]
  : [];

async function hasTaskset(): Promise<boolean> {
  const command = new Deno.Command("taskset", { args: ["--version"], stdout: "null" });
  return await command.output().then(({ success }) => success, () => false);
}

/** Keeps this process, which makes the load, off the core of those it measures. */
export async function leaveTheirCore(): Promise<void> {
  if (onOneCore.length === 0) return;
  const args = ["--all-tasks", "--cpu-list", "--pid", `0-${navigator.hardwareConcurrency - 2}`];
  await new Deno.Command("taskset", { args: [...args, `${Deno.pid}`], stdout: "null" }).output();
}
const tickMs = 10; // Linux counts 100 a second
const patienceMs = 60_000;

/** Serves a contender in a process of its own on loopback. */
export async function serve(
  contender: Contender,
  databaseUrl: string,
  env: Record<string, string> = {},
): Promise<Server> {
  const port = freePort();
  const address = ["--host", "127.0.0.1", "--port", `${port}`];
  const settings = { ...await contender.env(databaseUrl), ...env };
  const start = performance.now();
  const [command, ...within] = [...onOneCore, Deno.execPath()];
  const process = new Deno.Command(command!, {
    args: [...within, "serve", "-A", "--quiet", ...address, contender.module.pathname],
    cwd: root.pathname,
    env: settings,
    stdin: "null",
    stdout: "null",
    stderr: "inherit", // what goes wrong in a server shows
  }).spawn();
  return await whenAnswering(process, port, contender.health, start);
}

/** Waits for the first 200, asking every few ms. */
export async function whenAnswering(
  process: Deno.ChildProcess,
  port: number,
  path: string,
  start: number,
): Promise<Server> {
  const stop = async () => {
    process.kill("SIGKILL");
    await process.status;
  };
  const request = encode({ method: "GET", path });
  while (performance.now() - start < patienceMs) {
    if (await answers(port, request)) {
      return { pid: process.pid, port, startMs: performance.now() - start, stop };
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await stop();
  throw new Error(`nothing answered 200 to ${path}`);
}

async function answers(port: number, request: Uint8Array): Promise<boolean> {
  try {
    const connection = await Connection.open(port);
    const { status } = await connection.ask(request).finally(() => connection.close());
    return status === 200;
  } catch {
    return false;
  }
}

/** What a process has used of the processor so far, all its threads together, ms. */
export function cpuMs(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** Memory of a process now and at its most, MiB. */
export function memoryMiB(pid: number): { now: number; peak: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const of = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]) / 1024;
  return { now: of("VmRSS"), peak: of("VmHWM") };
}
