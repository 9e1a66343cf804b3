import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { create } from "../support/authenticator.ts";
import { createApp } from "../../app.ts";
import { Browser, day, dump, minute, newMember, type TestApp } from "../support/harness.ts";
import { clientId, clientSecret, type Oidc, Person, roundTrip } from "../support/oidc.ts";
import { grantsAfterJobs, joinWith, testWith } from "../support/providers.ts";

/** What the provider says about a refresh token. */
async function isActive(oidc: Oidc, token: string): Promise<boolean> {
  const basic = Buffer.from(
    `${clientId}:${encodeURIComponent(clientSecret).replaceAll("%20", "+")}`,
  );
  const response = await fetch(`${oidc.issuer}/token/introspection`, {
    method: "POST",
    headers: { Authorization: `Basic ${basic.toString("base64")}` },
    body: new URLSearchParams({ token }),
  });
  return (await response.json()).active;
}

/** Whether the person can still sign in there without being asked anything: the grant is alive. */
async function isGranted(oidc: Oidc, app: TestApp, person: Person): Promise<boolean> {
  const url = new URL(`${oidc.issuer}/auth`);
  url.search = new URLSearchParams({
    client_id: clientId,
    redirect_uri: `${app.origin}/login/with/corp/callback`,
    response_type: "code",
    scope: "openid email",
    prompt: "none",
    state: "s",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  }).toString();
  const back = await person.visit(url.href, app.origin);
  return new URL(back, app.origin).searchParams.has("code");
}

/** Notes the refresh tokens that the provider gives out. */
function noteTokens(oidc: Oidc): string[] {
  const tokens: string[] = [];
  oidc.provider.on("refresh_token.saved", (token: { jti: string }) => tokens.push(token.jti));
  return tokens;
}

testWith("leaving after a new authentication ends the grant at the provider", async (app, oidc) => {
  const person = new Person();
  const tokens = noteTokens(oidc);
  const browser = await joinWith(app, "haru", person);
  assert.deepEqual(tokens, [], "a sign-in asks for no refresh token");
  assert.ok(await isGranted(oidc, app, person));

  app.clock.pass(11 * minute); // the sign-in is not fresh any more
  const refused = await browser.send("DELETE", "/withdrawal", {});
  assert.equal(refused.json.code, "confirmation_required");
  assert.deepEqual((await browser.get("/withdrawal")).json.confirm_with, ["corp"]);
  app.clock.ms = Date.now();
  const back = await roundTrip(browser, "/confirmation/with/corp?next=/withdrawal", person);
  assert.equal(back.headers.get("Location"), "/withdrawal");
  assert.equal(tokens.length, 1);
  assert.deepEqual((await browser.get("/withdrawal")).json.grants, [{ name: "corp", ready: true }]);

  const [held] = await app.sql("SELECT sealed FROM confirmations");
  const left = await browser.send("DELETE", "/withdrawal", {});
  assert.equal(left.status, 200, left.text);
  const { receipt_id } = left.json;
  const before = (await new Browser(app).get(`/receipts/${receipt_id}`)).json.grants;
  assert.deepEqual(before, [{ name: "corp", status: "waiting", at: null, page: null }]);
  assert.ok(await isActive(oidc, tokens[0]!));

  const [grant] = await grantsAfterJobs(app, receipt_id);
  assert.equal(grant.status, "ended");
  assert.equal(grant.at, new Date(app.clock.ms).toISOString());
  assert.equal(await isActive(oidc, tokens[0]!), false);
  assert.equal(await isGranted(oidc, app, person), false);
  assert.doesNotMatch([...(await dump(app)).values()].flat().join(), /account-1|haru@corp/);
  assert.equal((await app.sql("SELECT 1 FROM outbox WHERE sealed IS NOT NULL")).length, 0);
  for (const { name } of Deno.readDirSync(app.folder)) {
    const bytes = Buffer.from(Deno.readFileSync(`${app.folder}/${name}`));
    assert.equal(bytes.indexOf(String(held!.sealed)), -1, name);
  }
});

testWith(
  "without a new authentication leaving is not blocked, and the member ends the grant",
  async (app) => {
    const browser = await joinWith(app, "haru", new Person());
    assert.deepEqual((await browser.get("/withdrawal")).json.grants, [{
      name: "corp",
      ready: false,
    }]);
    const left = await browser.send("DELETE", "/withdrawal", {});
    assert.equal(left.status, 200, left.text);
    const [grant] = await grantsAfterJobs(app, left.json.receipt_id);
    assert.equal(grant.status, "by_member");
    const page = await new Browser(app, { Accept: "text/html" }).get(
      `/receipts/${left.json.receipt_id}`,
    );
    assert.match(page.text, /하루상사: 그 서비스에서 직접 해제해 주세요/);
  },
);

testWith("where a proof now is asked for, a new authentication is one", async (app) => {
  const person = new Person();
  const browser = await joinWith(app, "haru", person);
  const refused = await browser.send("DELETE", "/withdrawal", {});
  assert.equal(refused.json.code, "confirmation_required");
  const page = await browser.get("/withdrawal", { Accept: "text/html" });
  assert.match(page.text, /action="\/confirmation\/with\/corp\?next=\/withdrawal"/);
  assert.doesNotMatch(page.text, /type="password"/);
  await roundTrip(browser, "/confirmation/with/corp", person);
  assert.equal((await browser.send("DELETE", "/withdrawal", {})).status, 200);
}, { WITHDRAWAL_CONFIRM: "password" });

testWith(
  "a provider that signs in without a new authentication confirms nobody",
  async (app, oidc) => {
    const person = new Person();
    const browser = await joinWith(app, "haru", person);
    app.clock.pass(5 * minute);
    const left = await browser.send("POST", "/confirmation/with/corp");
    const address = new URL(left.headers.get("Location")!);
    assert.equal(address.searchParams.get("prompt"), "login consent");
    assert.equal(address.searchParams.get("max_age"), "0");
    address.searchParams.delete("prompt");
    address.searchParams.set("max_age", "3600");
    const back = await browser.get(await person.visit(address.href, app.origin));
    assert.equal(back.json.code, "confirmation_failed", back.text);
    void oidc;
  },
);

testWith("somebody else at the provider confirms nobody", async (app, oidc) => {
  const browser = await joinWith(app, "haru", new Person());
  oidc.behaviour.account = "account-2";
  const back = await roundTrip(browser, "/confirmation/with/corp", new Person());
  assert.equal(back.json.code, "confirmation_failed");
});

testWith(
  "a provider that says 200 and keeps the grant is asked again, and given up after a day",
  async (app, oidc) => {
    const person = new Person();
    const tokens = noteTokens(oidc);
    const browser = await joinWith(app, "haru", person);
    await roundTrip(browser, "/confirmation/with/corp", person);
    oidc.behaviour.instead = (request, response) => {
      if (!request.url!.startsWith("/token/revocation")) return false;
      response.end();
      return true;
    };
    const { receipt_id } = (await browser.send("DELETE", "/withdrawal", {})).json;
    assert.equal((await grantsAfterJobs(app, receipt_id))[0].status, "waiting");
    const [row] = await app.sql("SELECT problem FROM outbox WHERE channel = 'grant'");
    assert.equal(row!.problem, "the grant is still there");
    assert.ok(await isActive(oidc, tokens[0]!));
    app.clock.pass(day + minute);
    assert.equal((await grantsAfterJobs(app, receipt_id))[0].status, "given_up");
    assert.equal((await app.sql("SELECT 1 FROM outbox WHERE sealed IS NOT NULL")).length, 0);
  },
);

testWith(
  "a provider that is down delays nobody, and ends the grant when it is back",
  async (app, oidc) => {
    const person = new Person();
    const browser = await joinWith(app, "haru", person);
    await roundTrip(browser, "/confirmation/with/corp", person);
    oidc.behaviour.instead = (_, response) => {
      response.statusCode = 503;
      response.end("down for repair");
      return true;
    };
    const left = await browser.send("DELETE", "/withdrawal", {});
    assert.equal(left.status, 200);
    assert.equal((await grantsAfterJobs(app, left.json.receipt_id))[0].status, "waiting");
    delete oidc.behaviour.instead;
    app.clock.pass(minute);
    assert.equal((await grantsAfterJobs(app, left.json.receipt_id))[0].status, "ended");
  },
);

testWith(
  "a token that is not used is destroyed when the session is not fresh any more",
  async (app) => {
    const person = new Person();
    const browser = await joinWith(app, "haru", person);
    await roundTrip(browser, "/confirmation/with/corp", person);
    const [held] = await app.sql(
      "SELECT sealed, expires_at - confirmed_at AS life FROM confirmations",
    );
    assert.equal(held!.life, 10 * minute);
    app.clock.pass(10 * minute + 1);
    const { runJobs } = await import("../../jobs/mod.ts");
    await runJobs(app.services);
    assert.equal((await app.sql("SELECT 1 FROM confirmations")).length, 0);
  },
);

testWith("unlinking ends the grant as well, and the last credential stays", async (app, oidc) => {
  const person = new Person();
  const tokens = noteTokens(oidc);
  const alone = await joinWith(app, "haru", person);
  oidc.behaviour.account = "account-3";
  oidc.behaviour.email = "bada@corp.example";
  await joinWith(app, "bada", new Person()); // somebody else's credentials do not count
  const refused = await alone.send("DELETE", "/userinfo/identities/corp");
  assert.equal(refused.status, 409);
  assert.equal(refused.json.code, "last_credential");
  assert.equal((await alone.get("/userinfo/identities")).json.identities.length, 1);

  oidc.behaviour.account = "account-2";
  const other = new Person();
  const browser = await newMember(app, "nabi");
  await roundTrip(browser, "/userinfo/identities/corp", other);
  await roundTrip(browser, "/confirmation/with/corp", other);
  const removed = await browser.send("POST", "/userinfo/identities/corp/remove");
  assert.equal(removed.json.grant.status, "waiting", removed.text);
  const { runJobs } = await import("../../jobs/mod.ts");
  await runJobs(app.services);
  assert.equal(await isActive(oidc, tokens[0]!), false);
  assert.deepEqual((await browser.get("/userinfo/identities")).json.identities, []);
});

testWith(
  "a provider that keeps the grant and renews the token at every use has not ended it",
  async (app, oidc) => {
    const person = new Person();
    const browser = await joinWith(app, "haru", person);
    await roundTrip(browser, "/confirmation/with/corp", person);
    oidc.behaviour.instead = (request, response) => {
      if (!request.url!.startsWith("/token/revocation")) return false;
      response.end();
      return true;
    };
    const { receipt_id } = (await browser.send("DELETE", "/withdrawal", {})).json;
    for (let i = 0; i < 3; i++) {
      assert.equal((await grantsAfterJobs(app, receipt_id))[0].status, "waiting");
      app.clock.pass(10 * minute);
    }
    delete oidc.behaviour.instead;
    assert.equal((await grantsAfterJobs(app, receipt_id))[0].status, "ended");
    assert.equal(await isGranted(oidc, app, person), false);
  },
  {},
  {
    rotateRefreshToken: true,
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      introspection: { enabled: false },
    },
  },
);

testWith(
  "the last two credentials cannot both be removed by two requests at once",
  async (app, oidc) => {
    for (const index of [1, 2, 3]) {
      oidc.behaviour.account = `account-${index}`;
      oidc.behaviour.email = `haru${index}@corp.example`;
      const browser = await joinWith(app, `haru${index}`, new Person());
      const options = await browser.send("POST", "/userinfo/passkeys/options", {});
      const { answer } = create(options.json, app.origin);
      const added = await browser.send("POST", "/userinfo/passkeys", { passkey: answer });
      const answers = await Promise.all([
        browser.copy().send("DELETE", `/userinfo/passkeys/${added.json.passkey.id}`),
        browser.copy().send("POST", "/userinfo/identities/corp/remove"),
      ]);
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
      assert.equal((await browser.get("/withdrawal")).json.confirm_with.length, 1);
    }
  },
);

testWith(
  "a provider that is not configured any more is no way in, and keeps nobody from leaving",
  async (app) => {
    const person = new Person();
    const browser = await joinWith(app, "haru", person);
    const options = await browser.send("POST", "/userinfo/passkeys/options", {});
    const { answer } = create(options.json, app.origin);
    const added = await browser.send("POST", "/userinfo/passkeys", { passkey: answer });
    const config = { ...app.services.config, providers: [] };
    const later = createApp({ ...app.services, config });
    const without = browser.copy({
      ...app,
      fetch: async (request) => await later.fetch(request, { remoteAddr: { hostname: "::1" } }),
    });
    assert.deepEqual((await without.get("/withdrawal")).json.confirm_with, ["passkey"]);
    const path = `/userinfo/passkeys/${added.json.passkey.id}`;
    assert.equal((await without.send("DELETE", path)).json.code, "last_credential");
    await app.sql("DELETE FROM passkeys");
    const { confirm, confirm_with } = (await without.get("/withdrawal")).json;
    assert.deepEqual([confirm, confirm_with], ["phrase", []]);
    const left = await without.send("DELETE", "/withdrawal", { phrase: "회원탈퇴" });
    assert.equal(left.status, 200, left.text);
  },
  { WITHDRAWAL_CONFIRM: "password" },
);
