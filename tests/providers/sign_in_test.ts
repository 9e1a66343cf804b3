import assert from "node:assert/strict";
import { Browser, newMember } from "../support/harness.ts";
import { Person, roundTrip } from "../support/oidc.ts";
import { testWith } from "../support/providers.ts";

testWith(
  "an unknown identity joins with only a user id, and signs in with the provider later",
  async (app) => {
    const person = new Person();
    const browser = new Browser(app);
    const back = await roundTrip(browser, "/login/with/corp", person);
    assert.equal(back.status, 303);
    assert.equal(back.headers.get("Location"), "/register/with/corp");
    const form = await browser.get("/register/with/corp");
    assert.deepEqual(form.json.email, "haru@corp.example");
    const joined = await browser.send("POST", "/register/with/corp", { user_id: "haru" });
    assert.equal(joined.status, 201, joined.text);
    const me = await browser.get("/userinfo");
    assert.equal(me.json.user_id, "haru");
    assert.equal(me.json.email, "haru@corp.example");
    assert.equal((await browser.get("/userinfo/identities")).json.identities[0].name, "corp");

    const again = new Browser(app);
    const signedIn = await roundTrip(again, "/login/with/corp", person);
    assert.equal(signedIn.headers.get("Location"), "/");
    assert.equal((await again.get("/userinfo")).json.user_id, "haru");
  },
);

testWith("a member links a provider, signs in with it, and unlinks it again", async (app) => {
  const person = new Person();
  const browser = await newMember(app, "haru");
  const linked = await roundTrip(browser, "/userinfo/identities/corp", person);
  assert.equal(linked.headers.get("Location"), "/userinfo/identities?done=providerLinked");
  const other = new Browser(app);
  assert.equal((await roundTrip(other, "/login/with/corp", person)).headers.get("Location"), "/");
  assert.equal((await other.get("/userinfo")).json.user_id, "haru");
  const removed = await browser.send("DELETE", "/userinfo/identities/corp");
  assert.equal(removed.status, 200, removed.text);
  assert.equal(removed.json.grant.status, "by_member");
  const stranger = new Browser(app);
  const back = await roundTrip(stranger, "/login/with/corp", person);
  assert.equal(back.headers.get("Location"), "/register/with/corp");
});
