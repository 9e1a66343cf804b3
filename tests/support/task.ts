/** A task of deno.json on the embedded database in `folder`, beside a service or without one. */
import { processEnv } from "./process.ts";

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
