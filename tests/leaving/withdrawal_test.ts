import assert from "node:assert/strict";
import type { Database } from "../../db/engine/database.ts";
import {
  type Answer,
  Browser,
  goodPassword,
  minute,
  newMember,
  type TestApp,
  withApp,
} from "../support/harness.ts";
import { testBehindProxy } from "../support/stacks.ts";

/** Asserts that a refused withdrawal changed nothing and left the session alive. */
async function refused(app: TestApp, browser: Browser, body: unknown, expected: object) {
  const answer = await browser.send("DELETE", "/withdrawal", body);
  const { error, ...rest } = answer.json;
  assert.deepEqual(rest, expected);
  assert.ok(error);
  assert.equal((await browser.get("/userinfo")).status, 200);
  assert.equal((await app.sql("SELECT id FROM users")).length, 1);
  assert.equal((await app.sql("SELECT id FROM erasures")).length, 0);
}

function gone(answer: Answer) {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.message, "회원탈퇴 성공");
}

const asksPassword = { code: "confirmation_required", confirm: "password" };
const failed = (confirm: string) => ({ code: "confirmation_failed", confirm });

Deno.test("WITHDRAWAL_CONFIRM=fresh: a recent sign-in is enough, an older one is asked for the password", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    app.clock.pass(10 * minute + 1);
    assert.equal((await browser.get("/withdrawal")).json.confirm, "password");
    await refused(app, browser, undefined, asksPassword);
    await refused(app, browser, { password: "" }, asksPassword);
    await refused(app, browser, { phrase: "회원탈퇴" }, asksPassword);
    await refused(app, browser, { password: "wrong" }, failed("password"));
    gone(await browser.send("DELETE", "/withdrawal", { password: goodPassword }));
  });
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    app.clock.pass(10 * minute);
    assert.equal((await browser.get("/withdrawal")).json.confirm, "fresh");
    gone(await browser.send("DELETE", "/withdrawal"));
  });
});

Deno.test("WITHDRAWAL_CONFIRM=session: a live session is enough", async () => {
  await withApp({ env: { WITHDRAWAL_CONFIRM: "session" } }, async (app) => {
    const browser = await newMember(app, "hong");
    app.clock.pass(29 * minute);
    gone(await browser.send("DELETE", "/withdrawal"));
  });
});

Deno.test("WITHDRAWAL_CONFIRM=password: it is always asked for, and a user id in the body must match", async () => {
  await withApp({ env: { WITHDRAWAL_CONFIRM: "password" } }, async (app) => {
    const browser = await newMember(app, "hong");
    await refused(app, browser, undefined, asksPassword);
    await refused(app, browser, { user_id: "hong" }, asksPassword);
    await refused(app, browser, { password: "wrong" }, failed("password"));
    await refused(app, browser, { password: goodPassword, user_id: "kim" }, failed("password"));
    gone(await browser.send("DELETE", "/withdrawal", { password: goodPassword, user_id: "HONG" }));
  });
});

Deno.test("WITHDRAWAL_CONFIRM=phrase: it is accepted in both languages, any case and width, with spaces anywhere", async () => {
  const phrases = [
    "회원탈퇴",
    "회원 탈퇴",
    " 회 원\t탈 퇴 ",
    "회원탈퇴".normalize("NFD"),
    "withdraw",
    "WithDraw",
    "ｗｉｔｈｄｒａｗ",
    "delete",
    "DE LETE",
    "\u200bdelete\u00a0",
  ];
  for (const phrase of phrases) {
    for (const language of ["ko", "en"]) {
      await withApp({ env: { WITHDRAWAL_CONFIRM: "phrase" } }, async (app) => {
        const browser = await newMember(app, "hong");
        const answer = await browser.send("DELETE", `/withdrawal?lang=${language}`, { phrase });
        assert.equal(answer.status, 200, JSON.stringify(phrase));
      });
    }
  }
  await withApp({ env: { WITHDRAWAL_CONFIRM: "phrase" } }, async (app) => {
    const browser = await newMember(app, "hong");
    const required = { code: "confirmation_required", confirm: "phrase" };
    await refused(app, browser, undefined, required);
    await refused(app, browser, { password: goodPassword }, required);
    for (const phrase of ["회원탈", "deleted", "x", "탈퇴"]) {
      await refused(app, browser, { phrase }, failed("phrase"));
    }
  });
});

Deno.test("a wrong password, phrase or user id is refused even where it was not asked for", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    await refused(app, browser, { password: "wrong" }, failed("fresh"));
    await refused(app, browser, { phrase: "nonsense" }, failed("fresh"));
    await refused(app, browser, { user_id: "kim" }, failed("fresh"));
    const { error, ...rest } =
      (await browser.send("DELETE", "/withdrawal", { reason: "because" })).json;
    assert.deepEqual(rest, { code: "invalid", fields: { reason: "고를 수 있는 값이 아닙니다." } });
    assert.ok(error);
    gone(await browser.send("DELETE", "/withdrawal", { phrase: "delete", reason: "privacy" }));
  });
});

Deno.test("DELETE and POST do the same, as JSON and as a form", async () => {
  for (const method of ["DELETE", "POST"]) {
    for (const type of ["application/json", "application/x-www-form-urlencoded"]) {
      await withApp({ env: { WITHDRAWAL_CONFIRM: "password" } }, async (app) => {
        const browser = await newMember(app, "hong");
        const form = { password: goodPassword, reason: "privacy" };
        const body = type.endsWith("json") ? JSON.stringify(form) : `${new URLSearchParams(form)}`;
        gone(await browser.send(method, "/withdrawal/", body, { "Content-Type": type }));
      });
    }
  }
});

Deno.test("another member's password does not confirm a withdrawal", async () => {
  await withApp({ env: { WITHDRAWAL_CONFIRM: "password" } }, async (app) => {
    const hong = await newMember(app, "hong");
    await new Browser(app).send("POST", "/register", {
      user_id: "kim",
      email: "kim@example.com",
      password: "battery staple 9",
    });
    const wrong = await hong.send("DELETE", "/withdrawal", { password: "battery staple 9" });
    assert.equal(wrong.json.code, "confirmation_failed");
    const posing = { password: "battery staple 9", user_id: "kim" };
    assert.equal(
      (await hong.send("DELETE", "/withdrawal", posing)).json.code,
      "confirmation_failed",
    );
    assert.equal((await app.sql("SELECT id FROM users")).length, 2);
  });
});

Deno.test("a reason is stored with its day only, and not with the member", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    await browser.send("DELETE", "/withdrawal", { reason: "privacy" });
    const rows = await app.sql("SELECT * FROM reasons");
    assert.deepEqual(Object.keys(rows[0]!), ["id", "day", "reason"]);
    assert.deepEqual([rows[0]!.day, rows[0]!.reason], ["2026-11-22", "privacy"]);
    const erasures = JSON.stringify(await app.sql("SELECT * FROM erasures"));
    assert.ok(!erasures.includes(String(rows[0]!.id)) && !erasures.includes("privacy"));
  });
});

Deno.test("leaving takes no more fields or steps than joining", async () => {
  await withApp({ env: { WITHDRAWAL_CONFIRM: "password" } }, async (app) => {
    const page = { Accept: "text/html" };
    const required = (html: string) => html.match(/<input[^>]* required/g)?.length ?? 0;
    const joining = (await new Browser(app).get("/register", page)).text;
    const browser = await newMember(app, "hong");
    const leaving = (await browser.get("/withdrawal", page)).text;
    assert.ok(required(leaving) > 0 && required(leaving) <= required(joining));
    assert.equal(leaving.match(/action="\/withdrawal"/g)?.length, 1);
  });
});

testBehindProxy(
  "a withdrawal whose answer was lost gives a receipt number that shows whether it was carried out",
  { DATABASE_TIMEOUT_MS: "400" },
  async (app, proxy) => {
    for (const [fault, status] of [["cut", 200], ["silent", 404]] as const) {
      const hong = await newMember(app, fault);
      proxy.reset();
      proxy.fault = (n) => n >= 2 ? fault : "none";
      const { receipt_id } = (await hong.send("DELETE", "/withdrawal")).json;
      proxy.reset();
      assert.equal((await hong.get(`/receipts/${receipt_id}`)).status, status);
    }
  },
);

Deno.test("a fresh sign-in needs no body: none, an empty one and an empty object all withdraw", async () => {
  const types = ["application/json", "application/x-www-form-urlencoded"];
  const bodies: [unknown, Record<string, string>][] = [
    [undefined, {}],
    ["{}", { "Content-Type": types[0]! }],
    ...types.map((type): [unknown, Record<string, string>] => ["", { "Content-Type": type }]),
    ...types.map((
      type,
    ): [unknown, Record<string, string>] => [undefined, { "Content-Type": type }]),
  ];
  for (const method of ["DELETE", "POST"]) {
    for (const [body, headers] of bodies) {
      await withApp({}, async (app) => {
        const browser = await newMember(app, "hong");
        gone(await browser.send(method, "/withdrawal", body, headers));
      });
    }
  }
});

Deno.test("a withdrawal is refused when what it was decided on changes before its batch arrives", async () => {
  const changes = {
    "the session ended": "DELETE FROM sessions",
    "the password changed": "UPDATE passwords SET hash = hash || 'x'",
    "the sign-in is no longer recent": "UPDATE sessions SET authenticated_at = 0",
    "a withdrawal is pending":
      "INSERT INTO withdrawals (id, user_id, receipt_id, requested_at, erase_at) SELECT 'w', id, 'r', 0, 1 FROM users",
  };
  for (const [what, change] of Object.entries(changes)) {
    let armed = false;
    const through = (db: Database): Database => ({
      ...db,
      async write(statements) {
        if (armed && statements.length > 10) { // the erasure: everything before it is shorter
          armed = false;
          await db.write([change]);
        }
        return await db.write(statements);
      },
    });
    await withApp({ through }, async (app) => {
      const browser = await newMember(app, "hong");
      armed = true;
      const body = what === "the password changed" ? { password: goodPassword } : {};
      const answer = await browser.send("DELETE", "/withdrawal", body);
      assert.equal(armed, false, what);
      assert.ok([401, 403, 409].includes(answer.status), `${what}: ${answer.text}`);
      assert.equal((await app.sql("SELECT id FROM users")).length, 1, what);
      assert.equal((await app.sql("SELECT id FROM erasures")).length, 0, what);
    });
  }
});
