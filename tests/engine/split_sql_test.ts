import assert from "node:assert/strict";
import fc from "fast-check";
import { statementsOf } from "../../db/engine/split_sql.ts";
import { runs } from "../support/rounds.ts";

Deno.test("a statement ends at its semicolon, wherever that stands, and at no other", () => {
  const examples: [string, string[]][] = [
    ["CREATE TABLE one (a); CREATE TABLE two (b);", [
      "CREATE TABLE one (a)",
      "CREATE TABLE two (b)",
    ]],
    ["INSERT INTO t VALUES ('tea -- fine');\nSELECT 1", [
      "INSERT INTO t VALUES ('tea -- fine')",
      "SELECT 1",
    ]],
    ["SELECT 1; /* four; */\nSELECT 2 -- two; \n;", ["SELECT 1", "SELECT 2"]],
    ["SELECT 'it''s; so', \"a;\"\"b\", [c;d], `e;``f`;SELECT '/*'", [
      "SELECT 'it''s; so', \"a;\"\"b\", [c;d], `e;``f`",
      "SELECT '/*'",
    ]],
    ["create temp trigger t after insert on a begin select 1; END ; SELECT 2", [
      "create temp trigger t after insert on a begin select 1; END",
      "SELECT 2",
    ]],
    [
      "CREATE /* a */ TRIGGER t AFTER UPDATE ON a BEGIN\n" +
      "  SELECT CASE WHEN 1 THEN CASE 2 WHEN 2 THEN 3 END END; -- END;\n" +
      "  SELECT 'x; END;'; END -- of it\n;SELECT 3;;",
      [
        "CREATE /* a */ TRIGGER t AFTER UPDATE ON a BEGIN\n" +
        "  SELECT CASE WHEN 1 THEN CASE 2 WHEN 2 THEN 3 END END; -- END;\n" +
        "  SELECT 'x; END;'; END",
        "SELECT 3",
      ],
    ],
    ["CREATE TABLE trigger_happy (a); SELECT 1", ["CREATE TABLE trigger_happy (a)", "SELECT 1"]],
    ["\ufeffSELECT 1;\r\nSELECT 2\r\n", ["SELECT 1", "SELECT 2"]],
    ["SELECT 'never closed; SELECT 1;", ["SELECT 'never closed; SELECT 1;"]],
    ["SELECT 1; /* never closed; SELECT 2;", ["SELECT 1"]],
    ["-- nothing;\n/* at; all */ ; ;", []],
    ["", []],
  ];
  for (const [sql, statements] of examples) assert.deepEqual(statementsOf(sql), statements, sql);
});

Deno.test("whatever statements are joined come apart again as they were", () => {
  const inside = fc.string({ unit: fc.constantFrom(..."ab;-/* \n가"), maxLength: 8 });
  const piece = fc.oneof(
    fc.constantFrom("a", "CASE WHEN 1 THEN 2 END", "END", "BEGIN", "TRIGGER", "(", ")", ",", "가"),
    fc.constantFrom("- 1", "/ 2", "?1", ":a", "x'00'", "1.5e3", "->>"),
    fc.array(inside, { minLength: 1, maxLength: 3 }).map((parts) => `'${parts.join("''")}'`),
    inside.map((text) => `"${text}"`),
    inside.map((text) => "`" + text + "`"),
    inside.map((text) => `[${text}]`),
  );
  const gap = fc.oneof(
    fc.constantFrom(" ", "\n", "\r\n\t", " \ufeff"),
    inside.map((text) => ` --${text.replaceAll("\n", "")}\n`),
    inside.map((text) => ` /*${text.replaceAll("*", "")} */ `),
  );
  const plain = fc.tuple(
    fc.constantFrom("SELECT", "insert", "CREATE TABLE", "WITH", "update"),
    fc.array(fc.tuple(gap, piece).map((pair) => pair.join("")), { maxLength: 8 }),
  ).map(([word, rest]) => word + rest.join(""));
  const trigger = fc.tuple(
    fc.constantFrom("CREATE", "create temp", "Create\nTemporary"),
    fc.array(fc.tuple(gap, plain, gap).map((parts) => `${parts.join("")};`), { minLength: 1 }),
    gap,
  ).map(([word, body, space]) => `${word} TRIGGER t DELETE ON a BEGIN${body.join("")}${space}end`);
  const ends = fc.tuple(gap, fc.constantFrom(";", ";;", "; ;"), gap).map((parts) => parts.join(""));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.oneof(plain, trigger), ends), { maxLength: 6 }),
      gap,
      (parts, before) => {
        const sql = before + parts.map((part) => part.join("")).join("");
        assert.deepEqual(statementsOf(sql), parts.map(([statement]) => statement));
      },
    ),
    runs(3000),
  );
});
