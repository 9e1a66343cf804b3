/**
 * `deno run --no-config -RW --allow-run=deno cli/install.ts FOLDER`: installs the service for production
 * into a new folder. It takes what the commands of an operator import, and the packages that these files
 * import: no test, no bundler, no browser. The versions are those of `deno.lock`. Nothing is fetched
 * after that: the folder's `deno.json` tells Deno to use the packages that are there.
 */
import { dirname, normalize } from "node:path/posix";

/** The tasks that a server needs. */
const tasks = [
  ...["start", "migrate", "jobs", "admin", "ledger", "backup", "drill", "import", "keys"],
];

const source = new URL("..", import.meta.url);

interface Settings {
  version: string;
  tasks: Record<string, { description: string; command: string }>;
  permissions: Record<string, unknown>;
  imports: Record<string, string>;
  compilerOptions: Record<string, unknown>;
  unstable: string[];
}

/** The files that these files import, with themselves, and the packages that they name. */
async function reachedFrom(entries: readonly string[]) {
  const files = new Set<string>();
  const packages = new Set<string>();
  async function follow(file: string): Promise<void> {
    if (files.has(file)) return;
    files.add(file);
    if (!/\.tsx?$/.test(file)) return;
    for (const target of importsOf(await Deno.readTextFile(new URL(file, source)))) {
      if (target.startsWith(".")) await follow(normalize(`${dirname(file)}/${target}`));
      else packages.add(packageOf(target));
    }
  }
  for (const entry of entries) await follow(entry);
  return { files, packages };
}

function importsOf(text: string): string[] {
  const found = text.matchAll(
    /^(?:import|export)\s[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"/gm,
  );
  return Array.from(found, ([, from, bare, dynamic]) => (from ?? bare ?? dynamic)!);
}

function packageOf(specifier: string): string {
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

function pick<T>(from: Record<string, T>, names: Iterable<string>): Record<string, T> {
  const wanted = new Set(names);
  return Object.fromEntries(Object.entries(from).filter(([name]) => wanted.has(name)));
}

async function install(folder: string): Promise<void> {
  const settings: Settings = JSON.parse(await Deno.readTextFile(new URL("deno.json", source)));
  const kept = pick(settings.tasks, tasks);
  const entries = Object.values(kept).map(({ command }) => command.split(" ").at(-1)!);
  const { files, packages } = await reachedFrom(entries);
  await Deno.mkdir(folder, { mode: 0o755 }); // fails where there is one: a version is never overwritten
  for (const file of [...files, "deno.lock", "LICENSE"]) {
    const target = `${folder}/${file}`;
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.copyFile(new URL(file, source), target);
  }
  const { version, permissions, compilerOptions, unstable } = settings;
  const production = {
    version,
    nodeModulesDir: "manual",
    unstable,
    tasks: kept,
    permissions: pick(permissions, ["start", "ledger"]),
    compilerOptions,
    imports: pick(settings.imports, packages),
  };
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(production, null, 2) + "\n");
  const { success } = await new Deno.Command("deno", { args: ["install"], cwd: folder }).spawn()
    .status;
  if (!success) throw new Error("deno install failed");
  console.log(`Annyeong ${version} is in ${folder}: ${files.size} files`);
}

const [folder, ...rest] = Deno.args;
if (!folder || rest.length > 0) {
  console.error("usage: install FOLDER (a new one)");
  Deno.exit(2);
}
try {
  await install(folder);
} catch (error) {
  const exists = error instanceof Deno.errors.AlreadyExists;
  console.error(exists ? `${folder} exists; name a new folder` : (error as Error).message);
  Deno.exit(1);
}
