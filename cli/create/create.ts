/** Makes a new app beside which Annyeong runs. Runs on Deno and on Node. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import settings from "../../deno.json" with { type: "json" };
import { filesOf } from "./files.ts";

/**
 * Writes the files of a new app. The app takes the same package as the one that runs now: an archive is
 * copied into it, and otherwise it is the version at the registry.
 * @param folder a new one; its name is the name of the app
 * @param from URL of the module that runs
 * @throws `Error` if the folder exists, or its name is no name of a package
 */
export async function create(folder: string, from: string): Promise<void> {
  const name = basename(resolve(folder));
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) {
    throw new Error(`"${name}" cannot be a name: use lower-case letters, digits and "-"`);
  }
  await mkdir(folder, { recursive: false }).catch((error) => {
    const exists = error.code === "EEXIST";
    throw new Error(exists ? `${folder} exists: name a new folder` : error.message);
  });
  const archive = await archiveOf(from);
  if (archive) await copyFile(archive, join(folder, basename(archive)));
  const files = filesOf({
    NAME: name,
    ANNYEONG: archive ? `file:${basename(archive)}` : `^${settings.version}`,
    HONO: settings.imports.hono.replace("npm:hono@", "^"),
    WRANGLER: settings.imports.wrangler.replace("npm:wrangler@", ""),
    DENO: "2.9.6",
  });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** The archive from which npm installed this package, if it was one: the `file:` of the package.json. */
async function archiveOf(from: string): Promise<string | null> {
  const [project, rest] = fileURLToPath(from).split(/[\\/]node_modules[\\/]annyeong[\\/]/);
  if (!rest) return null;
  const text = await readFile(join(project!, "package.json"), "utf8").catch(() => "{}");
  const source: unknown = JSON.parse(text).dependencies?.annyeong;
  if (typeof source !== "string" || !source.startsWith("file:")) return null;
  return resolve(project!, source.slice("file:".length));
}
