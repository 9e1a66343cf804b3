/** The tasks of `deno.json` as an operator runs them: processes of their own, with an app's secrets. */
import type { TestApp } from "./harness.ts";
import { processEnv } from "./process.ts";

export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** The environment in which a task works on the same database with the same keys as an app. */
export function environmentOf({ services }: TestApp): Record<string, string> {
  const { config } = services;
  return {
    ANNYEONG_ENV: "development",
    MAIL_URL: "off",
    NO_COLOR: "1",
    PASSWORD_COST: "4",
    USER: "jin",
    TURSO_DATABASE_URL: config.database.url,
    PUBLIC_ORIGIN: config.publicOrigin!,
    SESSION_SECRET: config.sessionSecrets.join(),
    IDENTIFIER_KEY: config.identifierKey,
    RECEIPT_PRIVATE_KEY: JSON.stringify(config.receiptKeys),
  };
}

export function spawnTask(env: Record<string, string>, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", ...args],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

export async function runTask(env: Record<string, string>, ...args: string[]): Promise<Ended> {
  const { code, stdout, stderr } = await spawnTask(env, ...args).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

export interface TaskRun {
  code: number;
  out: string;
  err: string;
  // deno-lint-ignore no-explicit-any -- whatever it printed
  json(): any;
}

export async function taskOn(
  folder: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<TaskRun> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", ...args],
    cwd: new URL("../..", import.meta.url),
    env: { ...processEnv(folder), ...env },
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, err: err!, json: () => JSON.parse(out!) };
}
