/** `deno task backup FILE`: a consistent copy of the embedded database: see docs/operating.md. */
import { parseArgs } from "node:util";
import { copyFile, damageOf } from "../db/engine/copy.ts";
import { existingDatabaseFile } from "../runtime/mod.ts";
import { sentenceOf } from "./sentence.ts";

/** Ends the process: 1 where the copy cannot be made, 2 where the words are wrong. */
export async function backup(args: readonly string[]): Promise<void> {
  const { path, force } = parse(args);
  try {
    const bytes = await copyTo(path, force);
    console.log(`${path}: ${bytes} bytes, checked`);
  } catch (error) {
    console.error(`${sentenceOf(error, path, "written")}; no backup was made`);
    Deno.exitCode = 1;
  }
}

function parse(args: readonly string[]): { path: string; force: boolean } {
  try {
    const { values, positionals: [path, ...rest] } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { force: { type: "boolean", default: false } },
    });
    if (path && rest.length === 0) return { path, force: values.force };
  } catch {
    // an option that there is not
  }
  console.error("usage: backup FILE [--force]");
  Deno.exit(2);
}

/** Written beside, checked, synced and put in its place in one step. Returns its size in bytes. */
async function copyTo(path: string, force: boolean): Promise<number> {
  await refuseDatabaseInUse(path);
  if (!force) await refuseExisting(path);
  const file = await existingDatabaseFile();
  const partial = `${path}.${crypto.randomUUID()}.partial`;
  try {
    (await Deno.open(partial, { write: true, createNew: true, mode: 0o600 })).close();
    await copyFile(file, partial);
    const damage = damageOf(partial);
    if (damage.length > 0) throw new Error(`the copy is damaged: ${damage.join("; ")}`);
    await sync(partial);
    await (force ? Deno.rename(partial, path) : place(partial, path));
    await sync(path.replace(/[^/]*$/, "") || ".");
    return (await Deno.stat(path)).size;
  } finally {
    await Deno.remove(partial).catch(() => {}); // it has been renamed, or was never made
  }
}

async function refuseExisting(path: string): Promise<void> {
  const exists = await Deno.lstat(path).then(() => true, () => false);
  if (exists) throw new Error(`${path} is there already: name another file, or add --force`);
}

/** A log beside the file belongs to the database that is there, and would be taken for the copy's. */
async function refuseDatabaseInUse(path: string): Promise<void> {
  for (const log of [`${path}-wal`, `${path}-journal`]) {
    const exists = await Deno.lstat(log).then(() => true, () => false);
    if (exists) throw new Error(`${path} is a database in use: ${log} is beside it`);
  }
}

/** A link, because it fails where another backup came first. */
async function place(partial: string, path: string): Promise<void> {
  try {
    await Deno.link(partial, path);
  } catch (error) {
    await refuseExisting(path);
    if (error instanceof Deno.errors.NotFound) throw error;
    await Deno.rename(partial, path); // a file system without links
  }
}

async function sync(path: string): Promise<void> {
  if (Deno.build.os === "windows") return; // it opens no folders
  const file = await Deno.open(path);
  await file.sync();
  file.close();
}

if (import.meta.main) await backup(Deno.args);
