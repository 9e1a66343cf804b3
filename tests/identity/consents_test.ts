import assert from "node:assert/strict";
import { Browser, newMember, testConfig, withApp } from "../support/harness.ts";

const html = { Accept: "text/html" };
const news = { name: "news", label: { ko: "소식 메일", en: "Newsletter" } };

Deno.test("a member gives, revokes and lists an optional consent, with its version and dates", async () => {
  const env = { CONSENTS: JSON.stringify([{ ...news, version: "2026-11", url: "/news-terms" }]) };
  await withApp({ env }, async (app) => {
    const hong = await newMember(app, "hong");
    const state = async () => (await hong.get("/userinfo/consents")).json.consents[0];
    assert.deepEqual(await state(), {
      ...news,
      label: "소식 메일",
      version: "2026-11",
      url: "/news-terms",
      required: false,
      agreed: false,
      agreed_version: null,
      agreed_at: null,
      revoked_at: null,
    });
    assert.equal((await hong.send("POST", "/userinfo/consents/news")).status, 200);
    assert.equal((await hong.send("POST", "/userinfo/consents/news")).status, 200, "twice is once");
    assert.equal((await app.sql("SELECT id FROM consents")).length, 1);
    const given = await state();
    assert.deepEqual([given.agreed, given.agreed_version], [true, "2026-11"]);
    assert.equal(given.agreed_at, new Date(app.clock.now()).toISOString());

    app.clock.pass(1000);
    assert.equal((await hong.send("DELETE", "/userinfo/consents/news")).status, 200);
    assert.equal((await state()).revoked_at, new Date(app.clock.now()).toISOString());
    assert.equal((await hong.send("POST", "/userinfo/consents/other")).status, 404);

    const { text } = await hong.get("/userinfo/consents", html);
    assert.match(text, /소식 메일.*철회함.*버전 2026-11/s);
    assert.match((await hong.get("/userinfo", html)).text, /href="\/userinfo\/consents"/);
    const { tables } = (await hong.get("/userinfo/export")).json;
    assert.equal(tables.consents[0].name, "news");
  });
});

Deno.test("a required consent is not revoked, and one to an earlier version is asked for again", async () => {
  const terms = { name: "terms", label: { ko: "이용약관", en: "Terms" }, required: true };
  const env = { CONSENTS: JSON.stringify([{ ...terms, version: "2" }]) };
  await withApp({ env }, async (app) => {
    const hong = await newMember(app, "hong");
    await app.sql(
      "INSERT INTO consents (id, user_id, name, version, agreed_at) SELECT 'x', id, 'terms', '1', 5 FROM users",
    );
    const [state] = (await hong.get("/userinfo/consents")).json.consents;
    assert.deepEqual([state.agreed, state.agreed_version], [false, "1"]);
    assert.match((await hong.get("/userinfo/consents", html)).text, /이전 버전에 동의함/);
    await hong.send("POST", "/userinfo/consents/terms");
    const refused = await hong.send("DELETE", "/userinfo/consents/terms");
    assert.deepEqual([refused.status, refused.json.code], [409, "conflict"]);
    assert.equal(refused.json.error, "필수 동의는 탈퇴로만 철회할 수 있습니다.");
  });
});

Deno.test("without CONSENTS no page speaks of consents", async () => {
  await withApp({}, async (app) => {
    assert.doesNotMatch((await new Browser(app).get("/register", html)).text, /checkbox/);
    const hong = await newMember(app, "hong");
    assert.doesNotMatch((await hong.get("/userinfo", html)).text, /consents/);
  });
});

Deno.test("CONSENTS with a mistake stops the start", () => {
  const whole = { ...news, version: "1" };
  const cases: unknown[] = [{}, [{}], [{ ...whole, name: "A b" }], [whole, whole], [
    { ...whole, url: "javascript:1" },
  ], [{ ...whole, extra: 1 }]];
  for (const list of cases) {
    assert.throws(() => testConfig({ CONSENTS: JSON.stringify(list) }), /CONSENTS /);
  }
});
