import assert from "node:assert/strict";
import { openDatabase } from "../db/client.ts";
import { isCurrent, migrate } from "../db/migrate.ts";
import { sqldPath } from "../tasks/sqld.ts";
import { openSqld } from "./stacks.ts";

async function check(url: string) {
  const open = () => openDatabase({ url, authToken: undefined, timeoutMs: 5000 });
  const databases = [await open(), await open()];
  assert.equal(await isCurrent(databases[0]!), false);
  const ran = await Promise.all(databases.map((db) => migrate(db, 1)));
  const all = ran.flat().toSorted();
  const files = Array.from(Deno.readDirSync("db/migrations"), ({ name }) => name.slice(0, -4));
  assert.deepEqual(all, files.toSorted(), "each ran once, whichever of two runs did it");
  assert.deepEqual(await migrate(databases[0]!, 2), []);
  assert.equal(await isCurrent(databases[1]!), true);

  const [tables] = await databases[0]!.read([
    `SELECT name, strict FROM pragma_table_list
     WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'`,
  ]);
  assert.ok(tables!.rows.length >= 10);
  for (const { name, strict } of tables!.rows) assert.equal(strict, 1, `${name} is STRICT`);
  databases.forEach((db) => db.close());
}

Deno.test("two migrations at once bring an embedded database to one schema", async () => {
  const folder = await Deno.makeTempDir();
  await check(`file:${folder}/test.db`);
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "two migrations at once bring sqld to one schema",
  ignore: !sqldPath(),
  async fn() {
    const sqld = await openSqld();
    await check(sqld.url);
    await sqld.stop();
  },
});
