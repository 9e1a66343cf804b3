/** The source files that the table "Who may import whom" of docs/architecture.md speaks of. */

/** What a file or a folder may import: places of ours, and packages. */
export interface Rule {
  from: string;
  places: string[];
  packages: string[];
}

/** The root of the repository. */
export const root = new URL("../..", import.meta.url);

/** The rows of the table. */
export const rules = await readRules();

async function readRules(): Promise<Rule[]> {
  const page = await Deno.readTextFile(new URL("docs/architecture.md", root));
  const [, section = ""] = page.split("## Who may import whom");
  const names = (cell: string) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name]) => name!);
  return section.split("\n").filter((line) => line.startsWith("| `")).map((line) => {
    const [, from = "", places = "", packages = ""] = line.split("|");
    return { from: names(from)[0]!, places: names(places), packages: names(packages) };
  });
}

/** Whether `file` is `place`, or is in the folder `place`. */
export function isIn(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
}

/** Every TypeScript file that has a row, or is in a folder that has one. Paths from the root. */
export async function* sources(folder = ""): AsyncGenerator<{ file: string; text: string }> {
  for await (const entry of Deno.readDir(new URL(folder || ".", root))) {
    const file = `${folder}${entry.name}`;
    if (entry.isFile && /\.tsx?$/.test(entry.name)) {
      yield { file, text: await Deno.readTextFile(new URL(file, root)) };
    }
    if (entry.isDirectory && (folder || rules.some(({ from }) => isIn(from, file)))) {
      yield* sources(`${file}/`);
    }
  }
}
