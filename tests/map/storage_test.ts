import assert from "node:assert/strict";
import dataMap from "../../data_map.ts";
import { compareSchema, readSchema } from "../../db/map/schema.ts";
import { storageDocument } from "../../tools/storage.ts";
import { withApp } from "../support/harness.ts";

const cells = (text: string) =>
  text.split("\n").map((line) => line.replace(/ {2,}| ?-{3,} ?/g, " ").trim());

Deno.test("docs/storage.md is current", async () => {
  const written = await Deno.readTextFile("docs/storage.md");
  const squeeze = (text: string) => cells(text).map((line) => line.replace(/\s+/g, " "));
  assert.deepEqual(
    squeeze(written),
    squeeze(await storageDocument(dataMap)),
    "run `deno task storage`",
  );
});

Deno.test("docs/storage.md names every column of every live table", async () => {
  await withApp({}, async (app) => {
    const schema = await readSchema(app.services.db);
    assert.deepEqual(compareSchema(dataMap, schema), { problems: [], warnings: [] });
    const sections = (await Deno.readTextFile("docs/storage.md")).split("\n### ");
    for (const [table, { columns }] of schema) {
      const section = sections.find((text) => text.startsWith(`\`${table}\``));
      assert.ok(section, table);
      for (const column of columns) {
        assert.ok(section.includes(`| \`${column}\` `), `${table}.${column}`);
      }
    }
  });
});
