import type { Service, TestApp } from "./harness.ts";

/** How often a text stands in the files of a folder, such as an embedded database's, at this moment. */
export function bytesOf({ folder }: Pick<TestApp, "folder">, mark: string): number {
  let found = 0;
  for (const { name } of Deno.readDirSync(folder)) {
    const text = new TextDecoder("latin1").decode(Deno.readFileSync(`${folder}/${name}`));
    found += text.split(mark).length - 1;
  }
  return found;
}

/** The tables, those that an index keeps for itself included, in which a text stands, also inside a blob. */
export async function tablesWith(service: Service, mark: string): Promise<string[]> {
  const hex = Array.from(new TextEncoder().encode(mark), (byte) => byte.toString(16)).join("");
  const columns = await service.sql(`
    SELECT every.name AS "table", info.name AS "column"
    FROM pragma_table_list AS every JOIN pragma_table_xinfo(every.name) AS info
    WHERE every.schema = 'main' AND every.type IN ('table', 'shadow') AND info.hidden <> 1`);
  const found = new Set<string>();
  for (const { table, column } of columns) {
    const rows = await service.sql(
      `SELECT 1 FROM [${table}] WHERE instr(lower(hex([${column}])), ?) LIMIT 1`,
      [hex],
    );
    if (rows.length > 0) found.add(String(table));
  }
  return [...found].toSorted();
}
