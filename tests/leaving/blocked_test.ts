/** What is in the way of a withdrawal: in the preview, in the app's words, and in the log with its cause. */
import assert from "node:assert/strict";
import { ownTables } from "../../data_map.ts";
import { blockedBy, dataMap, holdsNobody } from "../../domain/data_map.ts";
import { eraseDue } from "../../actions/erase_due.ts";
import { runJobs } from "../../jobs/mod.ts";
import { captureLog, day, dump, newMember, type Service, withApp } from "../support/harness.ts";
import { fillShop, shopEntries, shopTables } from "../support/shop.ts";
import { embedded, onSqld, testOnWith } from "../support/stacks.ts";

const dispute = {
  ko: "분쟁이 끝난 뒤에 탈퇴할 수 있습니다.",
  en: "You can leave when the dispute is over.",
};
const unpaid = { ko: "미납 청구서가 있습니다.", en: "An invoice is not paid." };
const map = dataMap([
  ...ownTables,
  ...shopEntries,
  holdsNobody("invoices", "so we thought"),
  blockedBy("a dispute is open", dispute),
  blockedBy("invoices", unpaid),
]);
const invoices = `CREATE TABLE invoices (
  id INTEGER PRIMARY KEY, "its ] :payer" TEXT REFERENCES users (id) ON DELETE RESTRICT)`;
const setup = { map, tables: [...shopTables, invoices], env: { THROTTLE_SCALE: "1000" } };

interface Case {
  name: string;
  put: string[];
  take: string;
  reason: { ko: string; en: string } | null;
  cause: RegExp;
}
const cases: Case[] = [
  {
    name: "a trigger that raises",
    put: [
      "CREATE TRIGGER veto BEFORE DELETE ON users BEGIN SELECT RAISE(ABORT, 'a dispute is open'); END",
    ],
    take: "DROP TRIGGER veto",
    reason: dispute,
    cause: /a trigger refuses the change of "users": a dispute is open/,
  },
  {
    name: "a row that restricts",
    put: ["INSERT INTO invoices ('its ] :payer') SELECT id FROM users WHERE name = 'hong'"],
    take: "DELETE FROM invoices",
    reason: unpaid,
    cause: /rows of "users" cannot go, because "invoices"."its \] :payer" refers to them/,
  },
  {
    name: "a trigger that silently keeps a row",
    put: ["CREATE TRIGGER veto BEFORE DELETE ON carts BEGIN SELECT RAISE(IGNORE); END"],
    take: "DROP TRIGGER veto",
    reason: null,
    cause: /rows of "carts" are still there after the erasure/,
  },
  {
    name: "a constraint that an anonymised row breaks",
    put: [
      "INSERT INTO posts (author_name) VALUES ('탈퇴한 회원')",
      "CREATE UNIQUE INDEX veto ON posts (author_name)",
    ],
    take: "DROP INDEX veto",
    reason: null,
    cause: /"posts" cannot be changed: UNIQUE constraint failed: posts.author_name/,
  },
];

for (const stack of [embedded, onSqld]) {
  testOnWith(stack, setup, "the preview and the refused withdrawal say what is in the way", told);
}

async function told(service: Service) {
  const hong = await newMember(service, "hong");
  await fillShop(service, "hong", "markhong");
  assert.equal((await hong.get("/withdrawal")).json.blocked, undefined);
  for (const { name, put, take, reason, cause } of cases) {
    for (const sql of put) await service.sql(sql);
    const before = JSON.stringify([...await dump(service)]);

    const preview = await hong.get("/withdrawal");
    assert.equal(preview.status, 200, name);
    const inKorean = reason?.ko ?? "남은 절차가 있어 지금은 탈퇴가 완료되지 않습니다.";
    assert.deepEqual(preview.json.blocked, { reason: inKorean }, name);
    const page = await hong.get("/withdrawal", { Accept: "text/html", "Accept-Language": "en" });
    const inEnglish = reason?.en ??
      "Something still has to be settled, so a withdrawal cannot be completed now.";
    assert.ok(page.text.includes(`<p class="notice" role="status">${inEnglish}</p>`), name);
    assert.match(page.text, /<button type="submit"[^>]*>Delete account<\/button>/, name);
    assert.equal(
      JSON.stringify([...await dump(service)]),
      before,
      `${name}: a GET changes nothing`,
    );

    const log = (await captureLog(async () => {
      const refused = await hong.send("DELETE", "/withdrawal");
      assert.equal(refused.status, 409, name);
      assert.deepEqual(refused.json, {
        error: reason?.ko ??
          "남은 절차가 있어 탈퇴를 완료할 수 없습니다. 아무것도 변경되지 않았습니다.",
        code: "conflict",
      });
    })).replaceAll('\\"', '"');
    assert.match(log, cause);
    assert.match(log, /"level":"warning"/);
    assert.doesNotMatch(log, /markhong/);
    assert.equal(JSON.stringify([...await dump(service)]), before, `${name}: nothing changed`);
    await service.sql(take);
    assert.equal((await hong.get("/withdrawal")).json.blocked, undefined, name);
  }
  assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200);
}

Deno.test("the job logs what stops a due erasure", async () => {
  await withApp({ ...setup, env: { ...setup.env, WITHDRAWAL_GRACE_DAYS: "1" } }, async (app) => {
    const hong = await newMember(app, "hong");
    assert.equal((await hong.send("DELETE", "/withdrawal")).status, 202);
    await app.sql(cases[1]!.put[0]!);
    app.clock.pass(day);
    const log = await captureLog(async () => {
      assert.equal((await eraseDue(app.services, Infinity)).refused, 1);
    });
    assert.match(log.replaceAll('\\"', '"'), cases[1]!.cause);
  });
});

Deno.test("a taken name is a conflict without a cause, and is not a warning in the log", async () => {
  await withApp({ env: { THROTTLE_SCALE: "1000" } }, async (app) => {
    const hong = await newMember(app, "hong");
    const log = await captureLog(async () => {
      const body = { user_id: "hong", email: "x@example.com", password: "battery staple 9" };
      assert.equal((await hong.send("POST", "/register", body)).status, 409);
    });
    assert.doesNotMatch(log, /"level":"warning"|causes/);
  });
});

Deno.test("the job logs the unmapped table that refuses a due erasure", async () => {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "1" } }, async (app) => {
    const hong = await newMember(app, "hong");
    await hong.send("DELETE", "/withdrawal");
    await app.db.write(["CREATE TABLE reviews (id INTEGER PRIMARY KEY)"]);
    app.clock.pass(day);
    const log = await captureLog(async () => {
      await runJobs(app.services);
    });
    assert.match(log, /an erasure that is due was refused/);
    assert.match(log, /table \\"reviews\\" is not on the data map/);
  });
});
