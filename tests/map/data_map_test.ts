import assert from "node:assert/strict";
import { ownTables } from "../../data_map.ts";
import {
  anonymise,
  dataMap,
  destroy,
  erasureOrder,
  holdsNobody,
  keepApart,
} from "../../domain/data_map.ts";
import { shopMap } from "../support/shop.ts";

const words = { label: { ko: "가", en: "a" }, purpose: { ko: "나", en: "b" } };
const law = { kind: "law", ko: "법", en: "law" } as const;

Deno.test("a map that would forget somebody is refused with what to write instead", () => {
  const mistakes: [RegExp, () => unknown][] = [
    [/needs destroy\("users"/, () => dataMap([])],
    [/needs destroy\("users"/, () => dataMap([...ownTables, ...ownTables])],
    [/"x y" is not a name/, () => dataMap([...ownTables, holdsNobody("x y", "")])],
    [
      /"id\]; DROP" is not a name/,
      () => dataMap([...ownTables, destroy("t", { member: "id]; DROP", ...words })]),
    ],
    [/"t" needs `member/, () => dataMap([...ownTables, destroy("t", { member: [], ...words })])],
    [
      /goes via "nowhere", which is not on the map/,
      () =>
        dataMap([...ownTables, destroy("t", { via: { column: "a", to: "nowhere.id" }, ...words })]),
    ],
    [
      /"t" leads back to itself/,
      () =>
        dataMap([
          ...ownTables,
          destroy("t", { via: { column: "a", to: "u.id" }, ...words }),
          destroy("u", { via: { column: "a", to: "t.id" }, ...words }),
        ]),
    ],
    [
      /"t" keeps the member's id in b: give it another value/,
      () =>
        dataMap([...ownTables, anonymise("t", { member: ["a", "b"], set: { a: null }, ...words })]),
    ],
    [
      /`set` changes no column/,
      () =>
        dataMap([
          ...ownTables,
          destroy("u", { member: "id", ...words }),
          anonymise("t", { via: { column: "a", to: "u.id" }, set: {}, ...words }),
        ]),
    ],
    ...([
      ["a = 1; DROP TABLE users", /"t" has a `where` that contains ;/],
      ["a = 1 -- all", /contains --/],
      ["a = 1) OR (1", /unmatched bracket/],
      ["(a = 1", /unmatched bracket/],
      ["a = 'x", /contains '/],
      ["a = :other", /contains :other: write one expression, .* it may use :member/],
      ["a = :pseudonym", /contains :pseudonym/],
      ["a = ?", /contains \?/],
      [" ", /is empty/],
    ] as const).map(([where, sentence]): [RegExp, () => unknown] => [
      sentence,
      () => dataMap([...ownTables, destroy("t", { member: "a", where, ...words })]),
    ]),
    [
      /"t" sets a to SQL that contains ;/,
      () =>
        dataMap([
          ...ownTables,
          anonymise("t", { member: "a", set: { a: { sql: "1; SELECT 2" } }, ...words }),
        ]),
    ],
    [
      /can copy only columns of users/,
      () =>
        dataMap([
          ...ownTables,
          keepApart("t", {
            member: "a",
            columns: ["a"],
            copy: { b: "other.name" as "users.name" },
            ground: law,
            from: "at",
            years: 1,
            ...words,
          }),
        ]),
    ],
    [
      /whole number/,
      () =>
        dataMap([
          ...ownTables,
          keepApart("t", {
            member: "a",
            columns: ["a"],
            ground: law,
            from: "at",
            years: 0,
            ...words,
          }),
        ]),
    ],
    [
      /declared to hold nobody, but has an entry/,
      () => dataMap([...ownTables, destroy("t", { member: "a", ...words }), holdsNobody("t", "")]),
    ],
  ];
  for (const [sentence, make] of mistakes) assert.throws(make, sentence);
});

Deno.test("SQL of the map may quote whatever it must not contain", () => {
  const where = "note <> 'a; -- :b (?' AND [odd ] name] = 1 AND (data ->> '$.x') = :member";
  assert.throws(() => dataMap([...ownTables, destroy("t", { member: "a", where, ...words })]));
  const balanced = where.replace("[odd ] name]", "[odd; name]");
  dataMap([...ownTables, destroy("t", { member: "a", where: balanced, ...words })]);
});

Deno.test("children are emptied before their parents, and users last, however the map is written", () => {
  const order = erasureOrder(shopMap.entries).map(({ table }) => table);
  const before = (a: string, b: string) =>
    assert.ok(order.indexOf(a) < order.indexOf(b), `${a} < ${b}`);
  before("item_notes", "cart_items");
  before("cart_items", "carts");
  before("order_lines", "orders");
  assert.equal(order.at(-1), "users");
});
