/** An entry of the package: `name` is that of its files in `lib/` and `types/`. */
export interface Entry {
  /** As in `exports`: `.`, `./client`. */
  path: string;
  name: string;
  /** From the root of the repository. */
  file: string;
  /** Whether it also runs on Workers. */
  runsOnWorkers: boolean;
  /** A program, which exports nothing and has no declarations. */
  isProgram: boolean;
}

/** @param exports of deno.json */
export function entriesOf(exports: Record<string, string>): Entry[] {
  return Object.entries(exports).map(([path, file]) => ({
    path,
    name: path === "." ? "mod" : path.slice(2).replaceAll("/", "-"),
    file: file.slice(2),
    runsOnWorkers: !file.startsWith("./cli/") && path !== "./exit/node-sqlite",
    isProgram: path === "./create",
  }));
}
