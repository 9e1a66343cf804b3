import assert from "node:assert/strict";
import type { Database } from "../../db/engine/database.ts";
import { dataMap, holdsNobody } from "../../domain/data_map.ts";
import { ownTables } from "../../data_map.ts";
import {
  Browser,
  captureLog,
  dump,
  goodPassword,
  newMember,
  openApp,
  type Service,
  signIn,
  type TestApp,
  withApp,
} from "../support/harness.ts";
import { bytesOf } from "../support/bytes.ts";
import { fillShop, shopEntries, shopMap, shopTables } from "../support/shop.ts";
import { startService } from "../support/process.ts";
import { embedded, onSqld, testOnWith } from "../support/stacks.ts";

const shop = { map: shopMap, tables: shopTables, env: { THROTTLE_SCALE: "1000" } };

for (const stack of [embedded, onSqld]) {
  testOnWith(
    stack,
    shop,
    "after a withdrawal the database holds nothing of the member except what the map retains",
    noTrace,
  );
  testOnWith(
    stack,
    shop,
    "a table that is not on the map stops withdrawals, and nothing else",
    unmapped,
  );
  testOnWith(
    stack,
    shop,
    "an erasure that a trigger or a foreign key refuses changes nothing",
    vetoes,
  );
  testOnWith(
    stack,
    shop,
    "an erasure batch that fails at any statement changes nothing",
    cutAnywhere,
  );
  testOnWith(
    stack,
    shop,
    "an erasure leaves as little of the second who leaves as of the first",
    async (service) => {
      await anotherLeaves(service);
      await noTrace(service);
    },
  );
  testOnWith(
    stack,
    shop,
    "a table that is created after somebody has left stops the next withdrawal",
    async (service) => {
      await anotherLeaves(service);
      await unmapped(service);
    },
  );
  testOnWith(
    stack,
    shop,
    "a later erasure batch that fails at any statement changes nothing",
    async (service) => {
      await anotherLeaves(service);
      await cutAnywhere(service);
    },
  );
}

/** Later erasures rely on what the first one has found out about the schema. */
async function anotherLeaves(service: Service) {
  const first = await newMember(service, "first");
  assert.equal((await first.send("DELETE", "/withdrawal")).status, 200);
}

Deno.test("erasures need no foreign keys of the database to reach every table", async () => {
  await withApp({}, async (app) => {
    await app.db.read(["PRAGMA foreign_keys = OFF"]);
    for (const name of ["hong", "kim"]) {
      const member = await newMember(app, name);
      assert.equal((await member.send("DELETE", "/withdrawal")).status, 200);
    }
    for (const table of ["users", "sessions", "sign_ins", "passwords"]) {
      assert.equal((await app.sql(`SELECT * FROM ${table}`)).length, 0, table);
    }
  });
});

Deno.test("rows that come back while the second one leaves are found", async () => {
  const tables = [
    `CREATE TRIGGER stays AFTER DELETE ON sign_ins WHEN old.user_agent = 'sticky' BEGIN
       INSERT INTO sign_ins SELECT old.id, old.user_id, old.account, old.client, 1, 'back'; END`,
  ];
  await withApp({ tables }, async (app) => {
    await anotherLeaves(app);
    const hong = await newMember(app, "hong");
    await app.sql("UPDATE sign_ins SET user_agent = 'sticky'");
    assert.equal((await hong.send("DELETE", "/withdrawal")).status, 409);
    assert.equal((await app.sql("SELECT * FROM sign_ins")).length, 1);
    assert.equal((await hong.get("/userinfo")).status, 200);
  });
});

async function noTrace(service: Service) {
  const hong = await newMember(service, "markhongname");
  const kim = await newMember(service, "kim");
  const id = await fillShop(service, "markhongname", "markhong");
  const kimId = await fillShop(service, "kim", "markkim");
  await service.sql("INSERT INTO messages (sender_id, receiver_id, text) VALUES (?, ?, 'both')", [
    id,
    kimId,
  ]);
  const kimBefore = (await kim.get("/userinfo/export")).json.tables;

  let left = await hong.get("/");
  const log = await captureLog(async () => {
    left = await hong.send("DELETE", "/withdrawal", { reason: "privacy" });
  });
  assert.equal(left.status, 200, left.text);

  const marks = ["markhong", id];
  const traces: string[] = [];
  for (const [table, rows] of await dump(service)) {
    for (const row of rows) {
      if (marks.some((mark) => row.includes(mark))) traces.push(`${table}: ${row}`);
    }
  }
  const kept = traces.filter((trace) => trace.startsWith("retained: "));
  const ledger = traces.filter((trace) => trace.startsWith("erasures: "));
  assert.deepEqual(traces.length, kept.length + ledger.length, traces.join("\n"));
  assert.equal(kept.length, 1);
  assert.equal(ledger.length, 1);
  assert.ok(!ledger[0]!.includes("markhong"), "the ledger holds only the id");
  assert.ok(!log.includes("markhong"));

  const [row] = await service.sql("SELECT * FROM retained");
  assert.deepEqual(JSON.parse(String(row!.row)), {
    id: `new-${id}`,
    total: 12000,
    paid_at: "2025-03-01T09:00:00Z",
    signature: "00FF",
    buyer_name: "markhongname",
  });
  assert.equal(row!.starts_at, Date.parse("2025-03-01T09:00:00Z"));
  assert.equal(row!.expires_at, Date.parse("2030-03-01T09:00:00Z"));
  assert.equal(JSON.parse(String(row!.ground)).kind, "law");
  assert.equal(row!.receipt_id, left.json.receipt_id);

  const posts = await service.sql("SELECT author_id, author_name, title FROM posts ORDER BY id");
  assert.deepEqual({ ...posts[0]! }, {
    author_id: null,
    author_name: "탈퇴한 회원",
    title: "a post",
  });
  assert.equal(posts[1]!.author_id, kimId);
  const [shared] = await service.sql(
    "SELECT sender_id, receiver_id FROM messages WHERE text = 'both'",
  );
  assert.deepEqual({ ...shared! }, { sender_id: null, receiver_id: kimId }, "the other stays");

  const kimAfter = (await kim.get("/userinfo/export")).json.tables;
  assert.deepEqual(kimAfter, kimBefore, "the other member is untouched");
  assert.equal((await service.sql("SELECT * FROM erasure_keys")).length, 0);
}

Deno.test("no byte of a member who left is in the files of an embedded database", async () => {
  const app = await openApp(shop);
  const hong = await newMember(app, "markhongname");
  const [hash] = await app.sql("SELECT hash FROM passwords");
  await fillShop(app, "markhongname", "markhong");
  for (let n = 0; n < 300; n++) { // page splits leave copies
    await app.sql("INSERT INTO carts (user_id, name) SELECT id, ? FROM users", [
      `markhong ${n}`.repeat(20),
    ]);
  }
  assert.ok(bytesOf(app, "markhong") > 300, "the search finds what is there");
  await app.sql("DELETE FROM order_lines");
  await app.sql("DELETE FROM orders"); // they keep the name, as declared
  assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);
  assert.equal(bytesOf(app, "markhong"), 0);
  assert.equal(bytesOf(app, String(hash!.hash)), 0);
  await app.close();
});

Deno.test("of many members who leave at once no byte is in the files when each is answered", async () => {
  const app = await openApp({ env: { THROTTLE_SCALE: "1000" } });
  const names = Array.from({ length: 12 }, (_, n) => `markmany${n}end`);
  await anotherLeaves(app);
  const leaving = await Promise.all(names.map((name) => newMember(app, name)));
  await app.db.truncateLog();
  await app.sql("UPDATE users SET rank = name"); // so that the log holds them all
  const before = names.map((name) => bytesOf(app, name));
  assert.ok(before.every((found) => found > 1));
  const left = await Promise.all(leaving.map(async (member, n) => {
    await new Promise((resolve) => setTimeout(resolve, n * n)); // some together, some behind
    const { status } = await member.send("DELETE", "/withdrawal");
    return [status, bytesOf(app, names[n]!)];
  }));
  assert.deepEqual(left, names.map(() => [200, 0]));
  await app.close();
});

Deno.test("nor is it in the temporary folder or the log of a service that many leave at once", async () => {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-bytes-" });
  const temporary = await Deno.makeTempDir({ prefix: "annyeong-temporary-" });
  const service = await startService(folder, {
    env: { TMPDIR: temporary, SQLITE_TMPDIR: temporary },
  });
  const names = Array.from({ length: 24 }, (_, n) => `markaway${n}end`);
  await anotherLeaves(service);
  const leaving = await Promise.all(names.map((name) => newMember(service, name)));
  assert.ok(names.every((name) => bytesOf({ folder }, name) > 0), "the search finds what is there");
  const left = await Promise.all(leaving.map(async (member, n) => {
    const { status } = await member.send("DELETE", "/withdrawal", { password: goodPassword });
    const found = [folder, temporary].map((folder) => bytesOf({ folder }, names[n]!));
    return [status, ...found];
  }));
  assert.deepEqual(left, names.map(() => [200, 0, 0]));
  await service.kill();
  const log = await service.log;
  assert.match(log, /"route":"\/withdrawal"/);
  assert.doesNotMatch(log, /markaway/);
  for (const path of [folder, temporary]) await Deno.remove(path, { recursive: true });
});

async function unmapped(service: Service) {
  const app = service as TestApp;
  const hong = await newMember(service, "hong");
  await app.db.write(["CREATE TABLE reviews (id INTEGER PRIMARY KEY, author TEXT)"]);
  const before = JSON.stringify([...await dump(service)]);
  const log = await captureLog(async () => {
    const refused = await hong.send("DELETE", "/withdrawal");
    assert.equal(refused.status, 503);
    assert.deepEqual(refused.json, {
      error: "지금은 탈퇴를 처리할 수 없습니다. 잠시 후 다시 시도해 주세요.",
      code: "unavailable",
    });
    assert.equal((await new Browser(service).get("/readyz/withdrawal")).status, 503);
  });
  assert.match(log, /table \\"reviews\\" is not on the data map: add destroy/);
  assert.ok(!log.includes("hong"));
  assert.equal(JSON.stringify([...await dump(service)]), before);
  assert.equal((await hong.get("/userinfo")).status, 200);
  assert.equal((await new Browser(service).get("/readyz")).status, 200);
  await signIn(service, "hong");
  await app.db.write(["DROP TABLE reviews"]);
  assert.equal((await new Browser(service).get("/readyz/withdrawal")).status, 200);
  assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);
}

Deno.test("with a grace period an unmapped table stops the request as well as the erasure", async () => {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "7" } }, async (app) => {
    const hong = await newMember(app, "hong");
    await app.db.write(["CREATE TABLE reviews (id INTEGER PRIMARY KEY)"]);
    assert.equal((await hong.send("DELETE", "/withdrawal")).status, 503);
    assert.equal((await hong.get("/userinfo")).status, 200);
    assert.equal((await app.sql("SELECT id FROM withdrawals")).length, 0);
  });
});

Deno.test("a mapped table that does not exist yet stops no withdrawal, before or after it is created", async () => {
  await withApp({ map: shopMap }, async (app) => {
    const hong = await newMember(app, "hong");
    const warned = await captureLog(async () => {
      assert.equal((await hong.get("/readyz/withdrawal")).status, 200);
    });
    assert.match(warned, /table \\"carts\\" is on the data map, but not in the database yet/);
    assert.equal((await hong.get("/withdrawal")).status, 200);
    assert.equal((await hong.get("/userinfo/export")).status, 200);
    await app.db.write(shopTables);
    const kim = await newMember(app, "kim");
    await fillShop(app, "hong", "markhong");
    await fillShop(app, "kim", "markkim");
    assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);
    assert.equal(
      (await app.sql("SELECT id FROM carts")).length,
      1,
      "the new table was emptied too",
    );
    await app.db.write(["DROP TABLE item_notes"]);
    assert.equal((await kim.get("/withdrawal")).status, 200);
    assert.equal(
      (await kim.send("DELETE", "/withdrawal")).status,
      200,
      "a dropped table is no obstacle",
    );
    assert.equal((await app.sql("SELECT id FROM carts")).length, 0);
  });
});

Deno.test("a column that the map names and the table lacks stops withdrawals", async () => {
  const tables = shopTables.map((sql) => sql.replace("author_id TEXT", "writer_id TEXT"));
  await withApp({ map: shopMap, tables }, async (app) => {
    const hong = await newMember(app, "hong");
    const log = await captureLog(async () => {
      assert.equal((await hong.get("/readyz/withdrawal")).status, 503);
    });
    assert.match(log, /the data map names \\"posts\\".\\"author_id\\", which does not exist/);
    assert.equal((await hong.send("DELETE", "/withdrawal")).json.code, "unavailable");
    assert.equal((await hong.get("/userinfo")).status, 200);
  });
});

async function vetoes(service: Service) {
  const app = service as TestApp;
  const hong = await newMember(service, "hong");
  await fillShop(service, "hong", "markhong");
  const obstacles: [string, string][] = [
    [
      "CREATE TRIGGER veto BEFORE DELETE ON users BEGIN SELECT RAISE(ABORT, 'a dispute is open'); END",
      "DROP TRIGGER veto",
    ],
    [
      "CREATE TRIGGER veto AFTER UPDATE ON posts BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
      "DROP TRIGGER veto",
    ],
    [
      "CREATE TRIGGER veto BEFORE DELETE ON carts BEGIN SELECT RAISE(IGNORE); END", // a silent one
      "DROP TRIGGER veto",
    ],
    [
      "CREATE TRIGGER veto AFTER DELETE ON profiles BEGIN INSERT INTO profiles VALUES (old.user_id, old.bio); END",
      "DROP TRIGGER veto",
    ],
    [
      "CREATE TRIGGER veto BEFORE DELETE ON item_notes BEGIN SELECT RAISE(IGNORE); END", // grandchildren
      "DROP TRIGGER veto",
    ],
  ];
  for (const [put, take] of obstacles) {
    await app.db.write([put]);
    const before = JSON.stringify([...await dump(service)]);
    const refused = await hong.send("DELETE", "/withdrawal");
    assert.equal(refused.status, 409, put);
    assert.deepEqual(refused.json, {
      error: "남은 절차가 있어 탈퇴를 완료할 수 없습니다. 아무것도 변경되지 않았습니다.",
      code: "conflict",
    });
    assert.equal(JSON.stringify([...await dump(service)]), before, put);
    assert.equal((await hong.get("/userinfo")).status, 200);
    await app.db.write([take]);
  }
  await service.sql("INSERT INTO products VALUES ('1', 'x')");
  assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);
}

Deno.test("a row of a holdsNobody table that restricts deletion makes a withdrawal a conflict", async () => {
  const map = dataMap([...ownTables, ...shopEntries, holdsNobody("invoices", "so we thought")]);
  const tables = [
    ...shopTables,
    "CREATE TABLE invoices (id INTEGER PRIMARY KEY, payer TEXT REFERENCES users (id) ON DELETE RESTRICT)",
  ];
  await withApp({ map, tables }, async (app) => {
    const hong = await newMember(app, "hong");
    const id = await fillShop(app, "hong", "markhong");
    await app.sql("INSERT INTO invoices (payer) VALUES (?)", [id]);
    const before = JSON.stringify([...await dump(app)]);
    assert.equal((await hong.send("DELETE", "/withdrawal")).status, 409);
    assert.equal(JSON.stringify([...await dump(app)]), before);
    assert.equal((await hong.get("/userinfo")).status, 200);
  });
});

/** Inserts a statement that fails after the k-th, for every k: all or nothing, and the next call finishes. */
async function cutAnywhere(service: Service) {
  const app = service as TestApp;
  const write = app.db.write;
  let cutAt = -1;
  let length = 0;
  const faulty: Database["write"] = (statements) => {
    if (statements.length < 10 || cutAt < 0) return write(statements);
    length = statements.length;
    return write(statements.toSpliced(cutAt, 0, "SELECT json('not json')"));
  };
  app.services.db.write = faulty;
  const hong = await newMember(service, "hong");
  await fillShop(service, "hong", "markhong");
  const before = JSON.stringify([...await dump(service)]);
  for (cutAt = 0; cutAt <= Math.max(length, 1); cutAt++) {
    const refused = await hong.send("DELETE", "/withdrawal");
    assert.ok(refused.status >= 400, `cut at ${cutAt}: ${refused.text}`);
    assert.doesNotMatch(refused.text, /json|SQL/i);
    assert.equal(JSON.stringify([...await dump(service)]), before, `cut at ${cutAt}`);
  }
  assert.ok(length >= 15, `${length} statements were cut in turn`);
  cutAt = -1;
  assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);
  app.services.db.write = write;
}
