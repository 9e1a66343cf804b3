import assert from "node:assert/strict";
import {
  Browser,
  goodPassword,
  newMember,
  signIn,
  testConfig,
  withApp,
} from "../support/harness.ts";

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
    await new Browser(app).send("POST", "/register", {
      user_id: "hong",
      email: "hong@example.com",
      password: goodPassword,
      consents: ["terms"],
    });
    const hong = await signIn(app, "hong");
    await app.sql("DELETE FROM consents");
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

const both = [
  {
    name: "terms",
    version: "3",
    label: { ko: "이용약관", en: "Terms" },
    url: "/terms",
    required: true,
  },
  { ...news, version: "1" },
];

Deno.test("joining asks for the required consents, and keeps which version was agreed to", async () => {
  await withApp({ env: { CONSENTS: JSON.stringify(both) } }, async (app) => {
    const body = { user_id: "hong", email: "hong@example.com", password: goodPassword };
    const refused = await new Browser(app).send("POST", "/register", body);
    assert.deepEqual([refused.status, Object.keys(refused.json.fields)], [400, ["consents"]]);
    const joined = await new Browser(app).send("POST", "/register", {
      ...body,
      consents: ["terms", "unknown"],
    });
    assert.equal(joined.status, 201);
    const rows = await app.sql("SELECT name, version, agreed_at FROM consents");
    assert.deepEqual(rows.map((row) => ({ ...row })), [
      { name: "terms", version: "3", agreed_at: app.clock.now() },
    ]);

    const form = { ...html, "Content-Type": "application/x-www-form-urlencoded" };
    const kim = new Browser(app);
    const { text } = await kim.get("/register", html);
    assert.match(text, /type="checkbox" name="consent_terms" value="yes" required/);
    assert.match(text, /name="consent_news" value="yes"(?! required)/);
    const typed = "user_id=k&email=kim%40example.com&password=short&consent_news=yes";
    const again = await kim.send("POST", "/register", typed, form);
    for (const name of ["user_id", "password", "consents"]) {
      assert.ok(again.text.includes(`id="${name}-problem"`), `${name}: all problems at once`);
    }
    assert.match(again.text, /name="consent_news" value="yes" checked/);
    const whole = `user_id=kim&email=kim%40example.com&password=${
      encodeURIComponent(goodPassword)
    }&consent_terms=yes&consent_news=yes`;
    assert.equal((await kim.send("POST", "/register", whole, form)).status, 303);
    const { consents } = (await kim.get("/userinfo/consents")).json;
    assert.deepEqual(consents.map(({ agreed }: { agreed: boolean }) => agreed), [true, true]);
  });
});

Deno.test("joining signs in and leads to the page that was asked for, unless the address must be verified first", async () => {
  const form = { ...html, "Content-Type": "application/x-www-form-urlencoded" };
  const body = new URLSearchParams({
    user_id: "hong",
    email: "hong@example.com",
    password: goodPassword,
  }).toString();
  await withApp({}, async (app) => {
    const hong = new Browser(app);
    assert.match(
      (await hong.get("/login?next=/withdrawal", html)).text,
      /\/register\?next=\/withdrawal/,
    );
    const joined = await hong.send("POST", "/register?next=/withdrawal", body, form);
    assert.equal(joined.headers.get("Location"), "/withdrawal?done=signedUp");
    assert.equal((await hong.get("/userinfo")).status, 200);
  });
  const mail = { MAIL_URL: "file:/tmp", MAIL_FROM: "a@b.example", EMAIL_VERIFICATION: "required" };
  await withApp({ env: mail }, async (app) => {
    const hong = new Browser(app);
    const joined = await hong.send("POST", "/register?next=/withdrawal", body, form);
    assert.equal(joined.headers.get("Location"), "/login?next=/withdrawal&done=joined");
    assert.equal((await hong.get("/userinfo")).status, 401);
  });
});
