import assert from "node:assert/strict";
import { Browser, Clock, minute, newMember, openApp } from "../support/harness.ts";
import { openOidc, Person, roundTrip } from "../support/oidc.ts";
import { joinWith, testWith } from "../support/providers.ts";

/** The address at the provider to which a button leads. */
async function addressOf(browser: Browser, path = "/login/with/corp"): Promise<string> {
  return (await browser.send("POST", path)).headers.get("Location")!;
}

testWith(
  "an answer counts only in the browser that began: no state of somebody else, none at all",
  async (app) => {
    const attacker = new Browser(app);
    const back = await new Person().visit(await addressOf(attacker), app.origin);
    const victim = new Browser(app);
    await addressOf(victim); // has a round trip of its own
    assert.equal((await victim.get(back)).json.code, "provider_expired");
    assert.equal((await new Browser(app).get(back)).json.code, "provider_expired");
    const url = new URL(back, app.origin);
    url.searchParams.delete("state");
    assert.equal((await attacker.get(url.pathname + url.search)).json.code, "provider_expired");
    assert.equal(victim.session, null);
  },
);

testWith(
  "a code of somebody else's round trip is refused, by PKCE and nonce",
  async (app, oidc) => {
    oidc.behaviour.account = "account-victim";
    const victim = new Browser(app);
    const stolen = new URL(
      await new Person().visit(await addressOf(victim), app.origin),
      app.origin,
    );
    oidc.behaviour.account = "account-attacker";
    const attacker = new Browser(app);
    const own = new URL(
      await new Person().visit(await addressOf(attacker), app.origin),
      app.origin,
    );
    own.searchParams.set("code", stolen.searchParams.get("code")!);
    const answer = await attacker.get(own.pathname + own.search);
    assert.equal(answer.json.code, "provider_failed", answer.text);
    assert.equal(answer.status, 502);
  },
);

testWith("an answer works once, also with a copy of the cookie", async (app) => {
  const person = new Person();
  await joinWith(app, "haru", person);
  const browser = new Browser(app);
  const back = await person.visit(await addressOf(browser), app.origin);
  const copy = browser.copy();
  assert.equal((await browser.get(back)).headers.get("Location"), "/");
  assert.equal((await copy.get(back)).json.code, "provider_expired");
  assert.equal((await browser.get(back)).json.code, "provider_expired");
});

testWith("an answer that comes after ten minutes is refused", async (app) => {
  const browser = new Browser(app);
  const back = await new Person().visit(await addressOf(browser), app.origin);
  app.clock.pass(10 * minute);
  assert.equal((await browser.get(back)).json.code, "provider_expired");
});

Deno.test("an answer of one provider is not taken for another's", async () => {
  const origin = "https://members.example";
  const corp = await openOidc([origin], { name: "corp" });
  const evil = await openOidc([origin], { name: "evil" });
  const env = { PROVIDERS: JSON.stringify([corp.entry, evil.entry]) };
  const app = await openApp({ env, clock: new Clock(Date.now()) });
  try {
    const browser = new Browser(app);
    const back = await new Person().visit(await addressOf(browser), app.origin);
    const elsewhere = back.replace("/with/corp/", "/with/evil/");
    assert.equal((await browser.get(elsewhere)).json.code, "provider_expired");
    // The issuer in the answer is another one's (RFC 9207).
    const url = new URL(back, app.origin);
    assert.equal(url.searchParams.get("iss"), corp.issuer);
    url.searchParams.set("iss", evil.issuer);
    assert.equal((await browser.get(url.pathname + url.search)).json.code, "provider_failed");
    // The same subject at another issuer is somebody else.
    const person = new Person();
    await joinWith(app, "haru", person);
    const other = await roundTrip(new Browser(app), "/login/with/evil", new Person());
    assert.equal(other.headers.get("Location"), "/register/with/evil");
  } finally {
    await app.close();
    await corp.close();
    await evil.close();
  }
});

testWith("no address of another site is ever redirected to", async (app) => {
  const person = new Person();
  await joinWith(app, "haru", person);
  for (const next of ["https://evil.example", "//evil.example", "/\\evil.example", "/evil"]) {
    const path = `/login/with/corp?next=${encodeURIComponent(next)}`;
    const back = await roundTrip(new Browser(app), path, person);
    assert.equal(back.headers.get("Location"), "/");
  }
  const back = await roundTrip(new Browser(app), "/login/with/corp?next=/withdrawal", person);
  assert.equal(back.headers.get("Location"), "/withdrawal");
  const address = new URL(await addressOf(new Browser(app)));
  const callback = `${app.origin}/login/with/corp/callback`;
  assert.equal(address.searchParams.get("redirect_uri"), callback);
  const spoofed = { "X-Forwarded-Host": "evil.example", "Host": "evil.example" };
  const left = await new Browser(app).send("POST", "/login/with/corp", undefined, spoofed);
  assert.equal(
    new URL(left.headers.get("Location")!).searchParams.get("redirect_uri"),
    callback,
  );
});

testWith(
  "an account that was registered with the address of somebody else gains nothing",
  async (app, oidc) => {
    const attacker = await newMember(app, "squatter");
    await app.sql("UPDATE users SET email = 'haru@corp.example', email_key = 'haru@corp.example'");
    const victim = new Browser(app);
    const person = new Person();
    const back = await roundTrip(victim, "/login/with/corp", person);
    assert.equal(back.headers.get("Location"), "/register/with/corp");
    assert.equal(victim.session, null);
    const refused = await victim.send("POST", "/register/with/corp", { user_id: "haru" });
    assert.equal(refused.status, 409);
    const email = "haru@elsewhere.example";
    const joined = await victim.send("POST", "/register/with/corp", { user_id: "haru", email });
    assert.equal(joined.status, 201);
    assert.deepEqual((await attacker.get("/userinfo/identities")).json.identities, []);
    const verified = await app.sql("SELECT email_verified_at FROM users WHERE name = 'haru'");
    assert.equal(verified[0]!.email_verified_at, null, "the provider vouches for another address");
    void oidc;
  },
);

testWith("an address counts as verified only if the provider says so", async (app, oidc) => {
  await joinWith(app, "haru", new Person());
  oidc.behaviour.account = "account-2";
  oidc.behaviour.email = "nabi@corp.example";
  oidc.behaviour.emailVerified = false;
  await joinWith(app, "nabi", new Person());
  const rows = await app.sql(
    "SELECT name, email_verified_at IS NOT NULL AS sure FROM users ORDER BY name",
  );
  assert.deepEqual(rows.map(({ name, sure }) => [name, sure]), [["haru", 1], ["nabi", 0]]);
});

testWith(
  "one identity belongs to one member, and one member has one identity at a provider",
  async (app, oidc) => {
    const person = new Person();
    await joinWith(app, "haru", person);
    const nabi = await newMember(app, "nabi");
    const refused = await roundTrip(nabi, "/userinfo/identities/corp", person);
    assert.equal(refused.status, 409);
    assert.match(refused.json.error, /다른 회원/);
    oidc.behaviour.account = "account-2";
    const linked = await roundTrip(nabi, "/userinfo/identities/corp", new Person());
    assert.equal(linked.status, 303);
    const again = await nabi.send("POST", "/userinfo/identities/corp");
    assert.equal(again.status, 409);
  },
);

testWith("linking needs a fresh session, and ends in the session that began it", async (app) => {
  const person = new Person();
  const nabi = await newMember(app, "nabi");
  const back = await person.visit(await addressOf(nabi, "/userinfo/identities/corp"), app.origin);
  await nabi.send("POST", "/login", { user_id: "nabi", password: "correct horse 7" });
  assert.equal((await nabi.get(back)).json.code, "provider_expired");
  app.clock.pass(11 * minute);
  const stale = await nabi.send("POST", "/userinfo/identities/corp");
  assert.equal(stale.json.code, "confirmation_required");
  const page = await nabi.send("POST", "/userinfo/identities/corp", undefined, {
    Accept: "text/html",
  });
  assert.match(page.text, /action="\/confirmation\?next=\/userinfo\/identities"/);
});

testWith(
  "nothing of another site begins a round trip, and no page of ours holds a token",
  async (app) => {
    const browser = await joinWith(app, "haru", new Person());
    for (
      const path of ["/login/with/corp", "/confirmation/with/corp", "/userinfo/identities/corp"]
    ) {
      const answer = await browser.send("POST", path, undefined, {
        "Sec-Fetch-Site": "cross-site",
      });
      assert.equal(answer.json.code, "cross_site", path);
    }
    const get = await browser.get("/login/with/corp");
    assert.equal(get.status, 405);
    const cookie = (await browser.send("POST", "/login/with/corp")).headers.getSetCookie().at(-1)!;
    assert.match(cookie, /^__Host-annyeong-provider=.*HttpOnly; Secure; SameSite=Lax$/);
  },
);
