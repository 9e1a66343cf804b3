/** The recipes of docs/recipes.md, on the tables and triggers that stand there. */
import assert from "node:assert/strict";
import { ownTables } from "../../data_map.ts";
import {
  anonymise,
  type BlockedBy,
  blockedBy,
  type DataMap,
  dataMap,
  destroy,
  type Entry,
  type HoldsNobody,
  holdsNobody,
  keepApart,
} from "../../domain/data_map.ts";
import { dump, newMember, type Service, type Setup } from "../support/harness.ts";
import { embedded, onSqld, testOnWith } from "../support/stacks.ts";
import { statementsOf } from "../../db/engine/split_sql.ts";

const words = { label: { ko: "항목", en: "Item" }, purpose: { ko: "운영", en: "To run it" } };
const page = await Deno.readTextFile(new URL("../../docs/recipes.md", import.meta.url));

/** The SQL of a recipe, as the page gives it. */
function tablesOf(heading: string): string[] {
  const [, rest = ""] = page.split(`\n## ${heading}\n`);
  const [, sql] = /```sql\n([^]*?)```/.exec(rest.split("\n## ")[0]!) ?? [];
  assert.ok(sql, heading);
  return statementsOf(sql);
}

function setupOf(heading: string, entries: readonly (Entry | HoldsNobody | BlockedBy)[]): Setup {
  const map: DataMap = dataMap([...ownTables, ...entries]);
  return { map, tables: tablesOf(heading), env: { THROTTLE_SCALE: "1000" } };
}

async function idOf(service: Service, name: string): Promise<string> {
  const [row] = await service.sql("SELECT id FROM users WHERE name = ?", [name]);
  return String(row!.id);
}

async function rowsOf(service: Service, sql: string) {
  return (await service.sql(sql)).map((row) => ({ ...row }));
}

async function leaves(browser: Awaited<ReturnType<typeof newMember>>) {
  const left = await browser.send("DELETE", "/withdrawal");
  assert.equal(left.status, 200, left.text);
  return (await browser.get(`/receipts/${left.json.receipt_id}`)).json;
}

const articles = setupOf("Only some rows", [
  destroy("articles", {
    member: "author_id",
    where: "status IS 'draft'",
    show: ["body"],
    ...words,
  }),
  anonymise("articles", {
    member: "author_id",
    where: "status IS NOT 'draft'",
    set: { author_id: null, author_name: { sql: "'탈퇴한 회원 ' || :pseudonym" } },
    ...words,
  }),
]);

async function someRows(service: Service) {
  for (const name of ["hong", "kim"]) {
    const member = await newMember(service, name);
    const id = await idOf(service, name);
    for (const status of ["draft", "published", null]) {
      await service.sql(
        "INSERT INTO articles (author_id, author_name, status, body) VALUES (?, ?, ?, ?)",
        [id, name, status, `${name} ${status}`],
      );
    }
    const preview = (await member.get("/withdrawal")).json;
    const count = (lines: { what: string; count: number }[]) =>
      lines.find(({ what }) => what === "항목")!.count;
    assert.deepEqual([count(preview.destroy), count(preview.anonymise)], [1, 2]);
    const { tables } = (await member.get("/userinfo/export")).json;
    assert.deepEqual(tables.articles, [{ body: `${name} draft` }], "only the first entry shows");
    const receipt = await leaves(member);
    assert.equal(count(receipt.destroyed), 1);
  }
  const rows = await rowsOf(
    service,
    "SELECT author_id, author_name, body FROM articles ORDER BY id",
  );
  assert.deepEqual(
    rows.map(({ author_id, body }) => [author_id, body]),
    ["hong published", "hong null", "kim published", "kim null"].map((body) => [null, body]),
  );
  const names = rows.map(({ author_name }) => String(author_name));
  assert.match(names[0]!, /^탈퇴한 회원 [\w-]{8}$/);
  assert.equal(names[0], names[1], "one member has one pseudonym");
  assert.equal(names[2], names[3]);
  assert.notEqual(names[0], names[2], "two members have two");
  const elsewhere = [...await dump(service)].filter(([table]) => table !== "articles").flat(2);
  const pseudonym = names[0]!.slice(-8);
  assert.ok(!elsewhere.some((row) => row.includes(pseudonym)), "it is stored nowhere else");
}

const letters = setupOf("Destroy once both have left", [
  destroy("letters", {
    member: ["sender_id", "receiver_id"],
    where: "sender_id IS NULL OR receiver_id IS NULL OR sender_id = receiver_id",
    ...words,
  }),
  anonymise("letters", {
    member: ["sender_id", "receiver_id"],
    where: "sender_id <> receiver_id",
    set: { sender_id: null, receiver_id: null },
    ...words,
  }),
]);

async function bothLeft(service: Service) {
  const hong = await newMember(service, "hong");
  const kim = await newMember(service, "kim");
  const [h, k] = [await idOf(service, "hong"), await idOf(service, "kim")];
  for (const [from, to] of [[h, k], [k, h], [h, h]] as const) {
    await service.sql(
      "INSERT INTO letters (sender_id, receiver_id, body) VALUES (?, ?, 'x')",
      [from, to],
    );
  }
  await leaves(hong);
  assert.deepEqual(await rowsOf(service, "SELECT sender_id, receiver_id FROM letters"), [
    { sender_id: null, receiver_id: k },
    { sender_id: k, receiver_id: null },
  ]);
  await leaves(kim);
  assert.deepEqual(await rowsOf(service, "SELECT * FROM letters"), []);
}

const gifts = setupOf("A second member in kept rows", [
  keepApart("gifts", {
    member: "buyer_id",
    columns: ["id", "receiver_id", "receiver_name", "paid_at"],
    ground: { kind: "law", ko: "법", en: "law" },
    from: "paid_at",
    years: 5,
    ...words,
  }),
  anonymise("gifts", {
    member: "receiver_id",
    set: { receiver_id: null, receiver_name: null },
    ...words,
  }),
]);

async function secondMember(service: Service) {
  const hong = await newMember(service, "hong");
  const kim = await newMember(service, "kim");
  const lee = await newMember(service, "lee");
  const insert = `INSERT INTO gifts (buyer_id, receiver_id, receiver_name, paid_at)
    VALUES (?, ?, ?, '2026-01-01T00:00:00Z')`;
  const ids = await Promise.all(["hong", "kim", "lee"].map((name) => idOf(service, name)));
  await service.sql(insert, [ids[0]!, ids[1]!, "markkim"]);
  await service.sql(insert, [ids[0]!, ids[2]!, "marklee"]);
  await service.sql(insert, [ids[2]!, ids[1]!, "markkim"]);
  await leaves(hong);
  const kept = async () =>
    (await service.sql("SELECT row FROM retained")).map(({ row }) => JSON.parse(String(row)))
      .map(({ receiver_id, receiver_name }) => [receiver_id, receiver_name]);
  assert.deepEqual(new Set(await kept()), new Set([[ids[1], "markkim"], [ids[2], "marklee"]]));
  await leaves(kim);
  const all = [...await dump(service)].filter(([table]) => table !== "erasures").flat(2).join("\n");
  assert.ok(!all.includes("markkim") && !all.includes(ids[1]!));
  assert.deepEqual(new Set(await kept()), new Set([[null, null], [ids[2], "marklee"]]));
  assert.deepEqual(await rowsOf(service, "SELECT buyer_id, receiver_name FROM gifts"), [
    { buyer_id: ids[2], receiver_name: null },
  ]);
  await leaves(lee);
  assert.equal((await kept()).length, 3);
}

const files = setupOf("Files", [
  destroy("photos", { member: "user_id", ...words }),
  holdsNobody("file_deletions", "keys of files to delete; gone once they are deleted"),
]);

async function filesGo(service: Service) {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-files-" });
  const hong = await newMember(service, "hong");
  await newMember(service, "kim");
  for (const [name, key] of [["hong", "a1"], ["hong", "b2"], ["kim", "c3"]] as const) {
    await Deno.writeTextFile(`${folder}/${key}`, "a photo");
    await service.sql(
      "INSERT INTO photos (user_id, object_key) SELECT id, ? FROM users WHERE name = ?",
      [
        key,
        name,
      ],
    );
  }
  await service.sql(
    "CREATE TRIGGER veto BEFORE DELETE ON users BEGIN SELECT RAISE(ABORT, 'not now'); END",
  );
  assert.equal((await hong.send("DELETE", "/withdrawal")).status, 409);
  assert.deepEqual(await rowsOf(service, "SELECT * FROM file_deletions"), [], "nobody left");
  await service.sql("DROP TRIGGER veto");
  await leaves(hong);
  for (const _ of ["at first", "and again"]) {
    for (const { object_key } of await service.sql("SELECT object_key FROM file_deletions")) {
      await Deno.remove(`${folder}/${object_key}`);
      await service.sql("DELETE FROM file_deletions WHERE object_key = ?", [object_key!]);
    }
  }
  assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["c3"]);
  await Deno.remove(folder, { recursive: true });
}

const teams = setupOf("The only owner of a team", [
  destroy("team_members", { member: "user_id", ...words }),
  holdsNobody("teams", "names of teams; a trigger deletes a team without members"),
  blockedBy("only owner of a team", { ko: "유일한 소유자", en: "You are the only owner" }),
]);

async function onlyOwner(service: Service) {
  const hong = await newMember(service, "hong");
  const kim = await newMember(service, "kim");
  await service.sql("INSERT INTO teams (id, name) VALUES ('tea', 'Tea')");
  for (const [name, role] of [["hong", "owner"], ["kim", "member"]]) {
    await service.sql("INSERT INTO team_members (team_id, user_id, role) VALUES ('tea', ?, ?)", [
      await idOf(service, name!),
      role!,
    ]);
  }
  const refused = await hong.send("DELETE", "/withdrawal?lang=en");
  assert.deepEqual([refused.status, refused.json.error], [409, "You are the only owner"]);
  const { blocked } = (await hong.get("/withdrawal?lang=en")).json;
  assert.deepEqual(blocked, { reason: "You are the only owner" });
  await service.sql("UPDATE team_members SET role = 'owner'");
  await leaves(hong);
  assert.equal((await rowsOf(service, "SELECT * FROM teams")).length, 1);
  await leaves(kim);
  assert.deepEqual(await rowsOf(service, "SELECT * FROM teams"), []);
}

const subscriptions = setupOf("Rows that name a member by e-mail", [
  destroy("subscriptions", {
    matching: "email = (SELECT users.email FROM users WHERE users.id = :member)",
    show: ["since"],
    ...words,
  }),
]);

async function byEmail(service: Service) {
  const hong = await newMember(service, "hong");
  const [row] = await service.sql("SELECT email FROM users WHERE name = 'hong'");
  const insert = "INSERT INTO subscriptions (email, since) VALUES (?, '2026')";
  await service.sql(insert, [String(row!.email).toUpperCase()]);
  await service.sql(insert, ["somebody@else.example"]);
  const { tables } = (await hong.get("/userinfo/export")).json;
  assert.deepEqual(tables.subscriptions, [{ since: "2026" }]);
  await leaves(hong);
  assert.deepEqual(await rowsOf(service, "SELECT email FROM subscriptions"), [
    { email: "somebody@else.example" },
  ]);
}

const polls = setupOf("Ids in a JSON column", [
  anonymise("polls", {
    matching: "EXISTS (SELECT 1 FROM json_each(voters) AS voter WHERE voter.value = :member)",
    set: {
      voters: {
        sql:
          "(SELECT json_group_array(voter.value) FROM json_each(voters) AS voter WHERE voter.value <> :member)",
      },
    },
    ...words,
  }),
]);

async function inJson(service: Service) {
  const hong = await newMember(service, "hong");
  await newMember(service, "kim");
  const [h, k] = [await idOf(service, "hong"), await idOf(service, "kim")];
  for (const voters of [[h, k], [k], [h], []]) {
    const insert = "INSERT INTO polls (question, voters) VALUES ('tea?', ?)";
    await service.sql(insert, [JSON.stringify(voters)]);
  }
  await leaves(hong);
  assert.deepEqual(
    (await rowsOf(service, "SELECT voters FROM polls ORDER BY id")).map(({ voters }) =>
      JSON.parse(String(voters))
    ),
    [[k], [k], [], []],
  );
}

const diaries = setupOf("Search", [
  destroy("diaries", { member: "user_id", show: ["body"], ...words }),
  holdsNobody("diary_words", "the index of diaries; a trigger deletes its words"),
]);

async function wordsGo(service: Service) {
  const hong = await newMember(service, "hong");
  await newMember(service, "kim");
  for (const [name, body] of [["hong", "moonlight tea"], ["kim", "sunlight tea"]]) {
    const insert = "INSERT INTO diaries (user_id, body) VALUES (?, ?)";
    await service.sql(insert, [await idOf(service, name!), body!]);
  }
  await leaves(hong);
  const found = (word: string) =>
    service.sql("SELECT rowid FROM diary_words WHERE diary_words MATCH ?", [word]);
  assert.deepEqual([(await found("moonlight")).length, (await found("tea")).length], [0, 1]);
  const [stored] = await service.sql(
    "SELECT group_concat(hex(block)) AS hex FROM diary_words_data",
  );
  const hexOf = (word: string) =>
    Array.from(new TextEncoder().encode(word), (byte) => byte.toString(16).padStart(2, "0"))
      .join("").toUpperCase();
  assert.ok(!String(stored!.hex).includes(hexOf("moonlight")), "the index keeps no word");
  assert.ok(String(stored!.hex).includes(hexOf("sunlight")));
}

for (const stack of [embedded, onSqld]) {
  testOnWith(
    stack,
    articles,
    "drafts are destroyed, and published posts stay under one pseudonym",
    someRows,
  );
  testOnWith(stack, letters, "a row of two members is destroyed once both have left", bothLeft);
  testOnWith(
    stack,
    gifts,
    "retained rows of one member lose a second member who leaves",
    secondMember,
  );
  testOnWith(
    stack,
    files,
    "the files of a member who left are listed in the erasure and deleted by a job",
    filesGo,
  );
  testOnWith(
    stack,
    teams,
    "the only owner of a team is told why they cannot leave, and a team without members goes",
    onlyOwner,
  );
  testOnWith(stack, subscriptions, "rows that name a member by e-mail go with them", byEmail);
  testOnWith(stack, polls, "the id of a member who left is taken out of JSON lists", inJson);
  testOnWith(stack, diaries, "the words of a member who left leave the search index", wordsGo);
}
