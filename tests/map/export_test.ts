import assert from "node:assert/strict";
import { ownTables } from "../../data_map.ts";
import { anonymise, dataMap } from "../../domain/data_map.ts";
import { Browser, newMember, withApp } from "../support/harness.ts";
import { fillShop, shopMap, shopTables } from "../support/shop.ts";

const shop = { map: shopMap, tables: shopTables };

Deno.test("an export holds everything that the map shows the member, and nothing of anybody else", async () => {
  await withApp(shop, async (app) => {
    const hong = await newMember(app, "hong");
    await newMember(app, "kim");
    await fillShop(app, "hong", "markhong");
    await fillShop(app, "kim", "markkim");
    const answer = await hong.get("/userinfo/export");
    assert.equal(answer.status, 200);
    assert.match(
      answer.headers.get("Content-Disposition")!,
      /^attachment; filename="[\w-]+\.json"$/,
    );
    assert.equal(answer.headers.get("Cache-Control"), "no-store");
    const { tables, complete, exported_at } = answer.json;
    assert.equal(complete, true);
    assert.equal(exported_at, new Date(app.clock.now()).toISOString());
    for (const entry of shopMap.entries) {
      if (entry.show.length === 0) assert.equal(tables[entry.table], undefined);
      else if (
        ![
          ...["withdrawals", "passkeys", "identities", "confirmations", "links", "outbox"],
          "consents",
        ].includes(entry.table)
      ) {
        assert.ok(tables[entry.table].length > 0, entry.table);
        assert.deepEqual(Object.keys(tables[entry.table][0]), [...entry.show], entry.table);
      }
    }
    assert.deepEqual(tables.item_notes, [{ text: "markhong note" }]);
    assert.deepEqual(tables.orders.map(({ paid_at }: { paid_at: string }) => paid_at), [
      "2025-03-01T09:00:00Z",
      "2017-07-14T02:40:00.000Z",
    ]);
    assert.ok(!answer.text.includes("markkim"));
    assert.doesNotMatch(answer.text, /scrypt|secret|hash/);
    assert.equal((await new Browser(app).get("/userinfo/export")).status, 401);
  });
});

Deno.test("an exported row has only the columns of the entries that tie it to the member", async () => {
  const words = { label: { ko: "글", en: "Posts" }, purpose: { ko: "글", en: "Posts" } };
  const map = dataMap([
    ...ownTables,
    anonymise("posts", {
      member: "author_id",
      set: { author_id: null },
      show: ["title", "phone"],
      ...words,
    }),
    anonymise("posts", {
      member: "editor_id",
      set: { editor_id: null },
      show: ["title", "edited_at"],
      ...words,
    }),
    anonymise("posts", { member: "reader_id", set: { reader_id: null }, ...words }),
  ]);
  const tables = [
    `CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id TEXT, editor_id TEXT, reader_id TEXT,
       title TEXT, phone TEXT, edited_at TEXT)`,
  ];
  await withApp({ map, tables }, async (app) => {
    const hong = await newMember(app, "hong");
    const kim = await newMember(app, "kim");
    const post = async (title: string, author: string, editor: string, reader: string) =>
      await app.sql(
        `INSERT INTO posts (title, phone, edited_at, author_id, editor_id, reader_id)
         VALUES (?, 'phone of the author', 'today', (SELECT id FROM users WHERE name = ?),
           (SELECT id FROM users WHERE name = ?), (SELECT id FROM users WHERE name = ?))`,
        [title, author, editor, reader],
      );
    await post("by hong", "hong", "kim", "");
    await post("by both", "kim", "kim", "hong");
    const phone = "phone of the author";
    assert.deepEqual((await hong.get("/userinfo/export")).json.tables.posts, [
      { title: "by hong", phone },
    ]);
    assert.deepEqual((await kim.get("/userinfo/export")).json.tables.posts, [
      { title: "by hong", edited_at: "today" },
      { title: "by both", phone, edited_at: "today" },
    ]);
  });
});

Deno.test("an export of many rows is read page by page, each row once, and ends with the session", async () => {
  await withApp(shop, async (app) => {
    const hong = await newMember(app, "hong");
    await app.sql(`
      INSERT INTO carts (user_id, name)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
      SELECT users.id, 'cart ' || i FROM n, users`);
    const trips: number[] = [];
    const read = app.services.db.read;
    app.services.db.read = (statements) => {
      trips.push(statements.length);
      return read(statements);
    };
    const { tables } = (await hong.get("/userinfo/export")).json;
    assert.equal(tables.carts.length, 2500);
    assert.equal(new Set(tables.carts.map(({ name }: { name: string }) => name)).size, 2500);
    assert.equal(trips.length, 3, "one trip for each 1,000 rows");

    const request = new Request(`${app.origin}/userinfo/export`, {
      headers: { Cookie: hong.cookieHeader() },
    });
    const response = await app.fetch(request);
    await app.sql("DELETE FROM sessions");
    await assert.rejects(response.text(), "the text breaks off, and does not look complete");
    app.services.db.read = read;
  });
});

/** The files of an archive without compression, by their central directory (APPNOTE 4.3.12). */
function unzip(bytes: Uint8Array): Map<string, string> {
  const view = new DataView(bytes.buffer);
  const files = new Map<string, string>();
  const decode = (from: number, length: number) =>
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(from, from + length));
  for (let at = 0; at < bytes.length - 46; at++) {
    if (view.getUint32(at, true) !== 0x02014b50) continue;
    const nameLength = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    const begin = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    files.set(decode(at + 46, nameLength), decode(begin, view.getUint32(at + 20, true)));
  }
  return files;
}

Deno.test("an archive has a page to read, the JSON, and a CSV file for each table", async () => {
  await withApp(shop, async (app) => {
    const hong = await newMember(app, "hong");
    await fillShop(app, "hong", '=mark"<b>');
    const request = new Request(`${app.origin}/userinfo/export?format=zip`, {
      headers: { Cookie: hong.cookieHeader(), Accept: "text/html" },
    });
    const answer = await app.fetch(request);
    assert.equal(answer.headers.get("Content-Type"), "application/zip");
    assert.match(answer.headers.get("Content-Disposition")!, /"annyeong-export\.zip"$/);
    const files = unzip(new Uint8Array(await answer.arrayBuffer()));
    const { tables } = (await hong.get("/userinfo/export")).json;
    assert.deepEqual([...files.keys()].toSorted(), [
      "data.json",
      "index.html",
      ...Object.keys(tables).map((table) => `tables/${table}.csv`).toSorted(),
    ]);
    assert.deepEqual(JSON.parse(files.get("data.json")!).tables, tables);
    assert.equal(
      files.get("tables/carts.csv"),
      `\uFEFFname\r\n"'=mark""<b> cart"\r\n`,
      "quoted, and no formula",
    );
    const page = files.get("index.html")!;
    assert.match(
      page,
      /<h2>회원 정보<\/h2>\s*<table>\s*<thead>\s*<tr><th>아이디<\/th><th>이메일<\/th>/,
    );
    assert.ok(page.includes("=mark&quot;&lt;b&gt; cart") && !page.includes("<b>"));
    assert.match(page, /<td>2026년 11월 22일 [^<]+<\/td>/);
    assert.doesNotMatch(page, /<script|src=|https?:/);
  });
});
