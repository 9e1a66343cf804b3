/** What the tests of importing stand on: the document, and databases of other systems. */
import { createClient } from "@libsql/client";
import type { DataMap } from "../../domain/data_map.ts";
import { sqldPath } from "../../cli/sqld.ts";
import { openApp, type TestApp } from "../support/harness.ts";
import { openSqld } from "../support/stacks.ts";

const page = await Deno.readTextFile("docs/existing-members.md");

/** The code blocks of a section of docs/existing-members.md in one language, in order. */
export function blocksOf(section: string, language: string): string[] {
  const text = page.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? "";
  return Array.from(text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm))
    .filter((match) => match[2] === language)
    .map(([, indent, , code]) => code!.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
}

/** `data_map.ts` with a code block of the document in place of its map. */
export async function mapOf(block: string, folder: string): Promise<DataMap> {
  const own = await Deno.readTextFile("data_map.ts");
  const domain = new URL("../../domain/data_map.ts", import.meta.url).href;
  const text = own.slice(0, own.indexOf("const map: DataMap"))
    .replace("import { type", "import { alsoShow, anonymise, type")
    .replace("./domain/data_map.ts", domain);
  const path = `${folder}/map.ts`;
  await Deno.writeTextFile(path, `${text}${block}\nexport default map;\n`);
  return (await import(`file://${path}`)).default;
}

export interface Run {
  code: number;
  out: string;
  /** Standard output and standard error. */
  text: string;
}

/** A database of another system, on a file or on an sqld. */
export interface Place {
  url: string;
  folder: string;
  sql(text: string): Promise<Record<string, unknown>[]>;
  batch(text: string): Promise<void>;
  /** The same with foreign keys off, as in Python's sqlite3. */
  loosely(text: string): Promise<void>;
  /** `deno task import` with this SELECT. */
  import(select: string, ...args: string[]): Promise<Run>;
  run(task: string): Promise<Run>;
  open(map?: DataMap): Promise<TestApp>;
}

export function onBoth(name: string, test: (place: Place) => Promise<void>) {
  for (const stack of ["embedded", "sqld"]) {
    Deno.test({
      name: `${stack}: ${name}`,
      ignore: stack === "sqld" && !sqldPath(),
      fn: () => withPlace(stack === "sqld", test),
    });
  }
}

export async function withPlace(onServer: boolean, test: (place: Place) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-import-" });
  const sqld = onServer ? await openSqld() : null;
  const url = sqld?.url ?? `file:${folder}/shop.db`;
  const client = createClient({ url });
  const run = async (...words: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", ...words],
      env: { TURSO_DATABASE_URL: url, ANNYEONG_ENV: "development", PASSWORD_COST: "4" },
    }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: decode(stdout), text: decode(stdout) + decode(stderr) };
  };
  try {
    await test({
      url,
      folder,
      run,
      sql: async (text) => (await client.execute(text)).rows as Record<string, unknown>[],
      batch: async (text) => {
        await client.batch(statementsOf(text), "write");
      },
      loosely: async (text) => {
        await client.migrate(statementsOf(text));
      },
      import: async (select, ...args) => {
        await Deno.writeTextFile(`${folder}/import.sql`, select);
        return await run("import", `${folder}/import.sql`, ...args);
      },
      open: (map) =>
        openApp({
          env: { TURSO_DATABASE_URL: url, THROTTLE_SCALE: "1000" },
          ...(map && { map }),
        }),
    });
  } finally {
    client.close();
    await sqld?.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

function statementsOf(text: string): string[] {
  return text.split(/;\s*$/m).filter((part) => part.trim());
}

/** The schema and all rows, in one text. */
export async function everything(place: Place): Promise<string> {
  const tables = await place.sql("SELECT name, sql FROM sqlite_schema ORDER BY name");
  const rows = [];
  for (const { name, sql } of tables) {
    if (sql && String(sql).startsWith("CREATE TABLE")) {
      rows.push(await place.sql(`SELECT * FROM [${name}]`));
    }
  }
  return JSON.stringify([tables, rows]);
}
