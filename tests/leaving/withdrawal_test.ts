import assert from "node:assert/strict";
import {
  type Answer,
  Browser,
  goodPassword,
  minute,
  newMember,
  type TestApp,
  withApp,
} from "../support/harness.ts";

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

Deno.test("fresh: a new sign-in is enough, an older one is asked for the password", async () => {
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

Deno.test("session: a live session is enough, as in the tutorial", async () => {
  await withApp({ env: { WITHDRAWAL_CONFIRM: "session" } }, async (app) => {
    const browser = await newMember(app, "hong");
    app.clock.pass(29 * minute);
    gone(await browser.send("DELETE", "/withdrawal"));
  });
});

Deno.test("password: always asked for, and an id in the body must match as well", async () => {
  await withApp({ env: { WITHDRAWAL_CONFIRM: "password" } }, async (app) => {
    const browser = await newMember(app, "hong");
    await refused(app, browser, undefined, asksPassword);
    await refused(app, browser, { user_id: "hong" }, asksPassword);
    await refused(app, browser, { password: "wrong" }, failed("password"));
    await refused(app, browser, { password: goodPassword, user_id: "kim" }, failed("password"));
    gone(await browser.send("DELETE", "/withdrawal", { password: goodPassword, user_id: "HONG" }));
  });
});

Deno.test("phrase: accepted in every language, form, width and case, with spaces anywhere", async () => {
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

Deno.test("whatever is given must be right, asked for or not", async () => {
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

Deno.test("the session must be the member's own: another's password does not help", async () => {
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

Deno.test("a reason is kept as day and choice, tied to nobody", async () => {
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
