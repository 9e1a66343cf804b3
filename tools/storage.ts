/** `deno task storage`: writes `docs/storage.md` from the data map and the schema. A test keeps it current. */
import dataMap from "../data_map.ts";
import type { DataMap, Entry } from "../domain/data_map.ts";

const folder = new URL("../db/migrations/", import.meta.url);

interface Column {
  name: string;
  type: string;
  comment: string;
}

/** The text of `docs/storage.md`. */
export async function storageDocument(map: DataMap): Promise<string> {
  const tables = await readTables();
  const lines = [
    "# What is stored",
    "",
    "Made by `deno task storage` from `data_map.ts` and `db/migrations`; do not edit. Every table of the",
    "database is on the data map or declared to hold nobody. Times are milliseconds since the epoch, UTC.",
    "",
    "## Where a member's data lives",
    "",
    ...map.entries.flatMap((
      entry,
    ) => [...describe(entry), ...columns(tables.get(entry.table), entry)]),
    "## Tables that hold nobody",
    "",
    ...map.nobody.flatMap(({ table, why }) => [
      `### \`${table}\``,
      "",
      `${why}.`,
      "",
      ...columns(tables.get(table), null),
    ]),
  ];
  return lines.join("\n").trimEnd() + "\n";
}

function describe(entry: Entry): string[] {
  const onLeaving = {
    destroy: () => "destroyed",
    anonymise: () => "made anonymous",
    keep: () =>
      entry.disposition === "keep"
        ? `kept apart for ${Object.values(entry.period)} ${
          Object.keys(entry.period)
        }: ${entry.ground.en}`
        : "",
  }[entry.disposition]();
  return [
    `### \`${entry.table}\`: ${entry.label.en} (${entry.label.ko})`,
    "",
    `- Purpose: ${entry.purpose.en} (${entry.purpose.ko})`,
    `- Lifetime: ${entry.lifetime?.en ?? "for as long as the membership"}`,
    `- When the member leaves: ${onLeaving}`,
    "",
  ];
}

function columns(table: Column[] | undefined, entry: Entry | null): string[] {
  if (!table) return [];
  const shown = (name: string) => entry?.show.includes(name) ? "yes" : "";
  const tie = (name: string) => entry?.members.includes(name) ? "the member's id" : "";
  const rows = table.map(({ name, type, comment }) => {
    const note = [tie(name), comment].filter(Boolean).join("; ");
    return entry
      ? `| \`${name}\` | ${type} | ${shown(name)} | ${note} |`
      : `| \`${name}\` | ${type} | ${note} |`;
  });
  const head = entry
    ? ["| column | type | in the export | what it is |", "| --- | --- | --- | --- |"]
    : ["| column | type | what it is |", "| --- | --- | --- |"];
  return [...head, ...rows, ""];
}

const added =
  /ALTER TABLE (\w+) ADD COLUMN ([a-z_]+)\s+(TEXT|INTEGER|REAL|BLOB|ANY)[^;\n]*;\s*(?:--\s*(.*))?/g;

/** The columns of every table, with the comments that the migrations give them. */
async function readTables(): Promise<Map<string, Column[]>> {
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).toSorted();
  const tables = new Map<string, Column[]>();
  tables.set("migrations", [
    { name: "name", type: "TEXT", comment: "" },
    { name: "applied_at", type: "INTEGER", comment: "" },
    { name: "checksum", type: "TEXT", comment: "SHA-256 of its statements" },
  ]);
  for (const name of names) {
    const sql = await Deno.readTextFile(new URL(name, folder));
    for (const [, table, column] of sql.matchAll(/ALTER TABLE (\w+) DROP COLUMN (\w+)/g)) {
      tables.set(table!, tables.get(table!)!.filter(({ name }) => name !== column));
    }
    for (const [, table, name, type, comment] of sql.matchAll(added)) {
      if (table === "migrations") continue; // it is described above
      tables.get(table!)!.push({ name: name!, type: type!, comment: comment ?? "" });
    }
    for (const [, table, body] of sql.matchAll(/CREATE TABLE (\w+) \(\n([\s\S]*?)\n\)/g)) {
      const found = body!.split("\n").map((line) =>
        /^ {2}([a-z_]+)\s+(TEXT|INTEGER|REAL|BLOB|ANY)[^-]*?(?:--\s*(.*))?$/.exec(line)
      );
      tables.set(
        table!,
        found.filter((match) => match !== null)
          .map(([, name, type, comment]) => ({ name: name!, type: type!, comment: comment ?? "" })),
      );
    }
  }
  return tables;
}

if (import.meta.main) {
  await Deno.writeTextFile(
    new URL("../docs/storage.md", import.meta.url),
    await storageDocument(dataMap),
  );
}
