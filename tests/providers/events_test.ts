import assert from "node:assert/strict";
import { generateKeyPair } from "jose";
import { Browser, Clock, openApp, type TestApp } from "../support/harness.ts";
import { naverId, openStandIn, type StandIn } from "../support/stand_ins.ts";

type Kind = "google" | "apple" | "kakao" | "naver";

/** Runs a test on an app with a stand-in, and a member who has joined with it. */
async function withMember(
  kind: Kind,
  more: Record<string, unknown>,
  test: (app: TestApp, standIn: StandIn, browser: Browser) => Promise<void>,
  env: Record<string, string> = {},
) {
  const standIn = await openStandIn(kind);
  const providers = JSON.stringify([{ ...standIn.entry, ...more }]);
  const app = await openApp({
    env: { PROVIDERS: providers, ...env },
    clock: new Clock(Date.now()),
  });
  try {
    const browser = new Browser(app);
    const left = await browser.send("POST", `/login/with/${kind}`);
    const { path, form } = standIn.visit(left.headers.get("Location")!);
    await browser.get(form ? `${path}?${form}` : path);
    const joined = await browser.send("POST", `/register/with/${kind}`, { user_id: "haru" });
    assert.equal(joined.status, 201, joined.text);
    app.clock.pass(2000);
    await test(app, standIn, browser);
  } finally {
    await app.close();
    await standIn.close();
  }
}

/** Posts as the servers of a provider do: without cookies, without an origin. */
function post(app: TestApp, kind: Kind, type: string, body: string, headers = {}) {
  const more = { "Content-Type": type, ...headers };
  return new Browser(app).send("POST", `/login/with/${kind}/events`, body, more);
}

const form = "application/x-www-form-urlencoded";
const kakaoNotice = "app_id=1&user_id=1234567890&referrer_type=UNLINK_FROM_APPS";

async function counts(app: TestApp) {
  const [row] = await app.sql(`
    SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM identities) AS identities,
      (SELECT count(*) FROM sessions) AS sessions`);
  return { ...row };
}

Deno.test("Kakao's unlink webhook ends the identity, under the admin key only", async () => {
  await withMember("kakao", { admin_key: "admin" }, async (app) => {
    for (const authorization of ["", "KakaoAK wrong", "admin"]) {
      const refused = await post(app, "kakao", form, kakaoNotice, { Authorization: authorization });
      assert.equal(refused.status, 400);
    }
    assert.equal((await counts(app)).identities, 1);
    const headers = { Authorization: "KakaoAK admin" };
    assert.equal((await post(app, "kakao", form, kakaoNotice, headers)).status, 200);
    assert.deepEqual(await counts(app), { users: 1, identities: 0, sessions: 0 });
    assert.equal((await post(app, "kakao", form, kakaoNotice, headers)).status, 200);
  });
  await withMember("kakao", {}, async (app) => {
    const headers = { Authorization: "KakaoAK null" };
    assert.equal((await post(app, "kakao", form, kakaoNotice, headers)).status, 400);
  });
});

Deno.test("Kakao's webhook may be a GET, which nobody but Kakao can send", async () => {
  await withMember("kakao", { admin_key: "admin" }, async (app, _, browser) => {
    const path = `/login/with/kakao/events?${kakaoNotice}`;
    assert.equal((await browser.get(path)).status, 400);
    assert.equal((await counts(app)).identities, 1);
    const headers = { Authorization: "KakaoAK admin" };
    assert.equal((await new Browser(app).get(path, headers)).status, 200);
    assert.deepEqual(await counts(app), { users: 1, identities: 0, sessions: 0 });
  });
});

Deno.test("Naver's notice ends the identity, if it is signed with the client secret", async () => {
  await withMember("naver", {}, async (app, standIn) => {
    const send = (fields: URLSearchParams) => post(app, "naver", form, fields.toString());
    const foreign = standIn.naverNotice(naverId, Date.now(), "another secret");
    const changed = standIn.naverNotice(naverId, Date.now());
    changed.set("timestamp", String(Number(changed.get("timestamp")) + 1));
    const forAnother = standIn.naverNotice(naverId, Date.now());
    forAnother.set("clientId", "another-app");
    const bare = new URLSearchParams("clientId=naver-app");
    for (const fields of [foreign, changed, forAnother, bare]) {
      assert.equal((await send(fields)).status, 400, fields.toString());
    }
    assert.equal((await send(standIn.naverNotice("somebody else", Date.now()))).status, 204);
    const old = standIn.naverNotice(naverId, Date.now() - 60_000);
    assert.equal((await send(old)).status, 204, "it is older than the link");
    assert.equal((await counts(app)).identities, 1);
    const notice = standIn.naverNotice(naverId, Date.now() + 2000);
    assert.equal((await send(notice)).status, 204);
    assert.deepEqual(await counts(app), { users: 1, identities: 0, sessions: 0 });
    assert.equal((await send(notice)).status, 204);
  });
});

Deno.test("Naver's notice counts with its fields in the address as well", async () => {
  await withMember("naver", {}, async (app, standIn) => {
    const path = `/login/with/naver/events?${standIn.naverNotice(naverId, Date.now() + 2000)}`;
    assert.equal((await new Browser(app).send("POST", path)).status, 204);
    assert.equal((await counts(app)).identities, 0);
  });
});

Deno.test("by on_unlink the member whom the provider has unlinked leaves, with a receipt", async () => {
  const more = { admin_key: "admin", on_unlink: "leave" };
  await withMember("kakao", more, async (app) => {
    const headers = { Authorization: "KakaoAK admin" };
    assert.equal((await post(app, "kakao", form, kakaoNotice, headers)).status, 200);
    assert.deepEqual(await counts(app), { users: 0, identities: 0, sessions: 0 });
    const [row] = await app.sql("SELECT receipt_id FROM erasures");
    const { grants } = (await new Browser(app).get(`/receipts/${row!.receipt_id}`)).json;
    assert.equal(grants[0].status, "ended");
  });
});

Deno.test("Apple's notice that the consent was revoked ends the identity, if Apple has signed it for us", async () => {
  await withMember("apple", {}, async (app, standIn) => {
    const events = (type: string) =>
      JSON.stringify({ type, sub: "001.person", event_time: Date.now() + 1000 });
    const body = async (type: string, audience?: string) =>
      JSON.stringify({ payload: await standIn.sign({ events: events(type) }, audience) });
    const json = "application/json";
    const foreign = await post(app, "apple", json, await body("consent-revoked", "another-app"));
    assert.equal(foreign.status, 400);
    standIn.forgeKeys = await generateKeyPair("RS256");
    const forged = await post(app, "apple", json, await body("consent-revoked"));
    assert.equal(forged.status, 400);
    delete standIn.forgeKeys;
    assert.equal((await post(app, "apple", json, "{")).status, 400);
    assert.equal((await post(app, "apple", json, await body("email-disabled"))).status, 200);
    assert.equal((await counts(app)).identities, 1);
    assert.equal((await post(app, "apple", json, await body("consent-revoked"))).status, 200);
    assert.deepEqual(await counts(app), { users: 1, identities: 0, sessions: 0 });
  });
});

Deno.test("Google's security events end sessions or the identity, and old ones do not end a new link", async () => {
  await withMember("google", {}, async (app, standIn) => {
    const subject = { subject_type: "iss-sub", iss: `${standIn.origin}/`, sub: "001.person" };
    const send = async (type: string, of: object = subject) => {
      const jwt = await standIn.sign({ events: { [type]: { subject: of } } });
      return (await post(app, "google", "application/secevent+jwt", jwt)).status;
    };
    const risc = "https://schemas.openid.net/secevent/risc/event-type";
    assert.equal(await send(`${risc}/verification`), 202);
    assert.equal(await send(`${risc}/sessions-revoked`, { ...subject, sub: "another" }), 202);
    assert.equal((await counts(app)).sessions, 1);
    await app.sql("UPDATE identities SET linked_at = ?", [Date.now() + 60_000]);
    assert.equal(await send(`${risc}/account-purged`), 202);
    assert.equal((await counts(app)).identities, 1);
    await app.sql("UPDATE identities SET linked_at = ?", [Date.now() - 60_000]);
    assert.equal(await send(`${risc}/sessions-revoked`), 202);
    assert.deepEqual(await counts(app), { users: 1, identities: 1, sessions: 0 });
    const revoked = "https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked";
    assert.equal(await send(revoked), 202);
    assert.deepEqual(await counts(app), { users: 1, identities: 0, sessions: 0 });
  });
});

Deno.test("a notice that arrives again ends no session that has begun since", async () => {
  await withMember("google", {}, async (app, standIn) => {
    const subject = { subject_type: "iss-sub", iss: standIn.origin, sub: "001.person" };
    const type = "https://schemas.openid.net/secevent/risc/event-type/sessions-revoked";
    const jwt = await standIn.sign({ events: { [type]: { subject } } });
    const send = () => post(app, "google", "application/secevent+jwt", jwt);
    assert.equal((await send()).status, 202);
    assert.equal((await counts(app)).sessions, 0);
    app.clock.pass(2 * 60_000);
    const browser = new Browser(app);
    const left = await browser.send("POST", "/login/with/google");
    const { path } = standIn.visit(left.headers.get("Location")!);
    assert.equal((await browser.get(path)).headers.get("Location"), "/");
    assert.equal((await send()).status, 202);
    assert.equal((await browser.get("/userinfo")).status, 200);
  });
});
