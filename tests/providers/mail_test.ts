import assert from "node:assert/strict";
import { Browser, newMember } from "../support/harness.ts";
import { Person, roundTrip } from "../support/oidc.ts";
import { joinWith, testWith } from "../support/providers.ts";

const mail = { MAIL_URL: "file:/dev/null", MAIL_FROM: "a@b.example" };
const required = { ...mail, EMAIL_VERIFICATION: "required" };

/** The kinds of the mails in the outbox, in order. */
async function kinds(app: Parameters<typeof joinWith>[0]): Promise<string[]> {
  const rows = await app.sql("SELECT type FROM outbox WHERE channel = 'mail' ORDER BY position");
  return rows.map(({ type }) => String(type));
}

testWith(
  "where addresses must be verified, one that the provider vouches for is, and no mail is sent",
  async (app) => {
    const browser = await joinWith(app, "haru", new Person());
    assert.equal((await browser.get("/userinfo")).json.email_verified, true);
    assert.deepEqual(await kinds(app), []);
  },
  required,
);

testWith(
  "where addresses must be verified, another one is mailed a link before the first sign-in",
  async (app) => {
    const browser = new Browser(app);
    const person = new Person();
    await roundTrip(browser, "/login/with/corp", person);
    const form = { user_id: "haru", email: "else@where.example" };
    const joined = await browser.send("POST", "/register/with/corp", form);
    assert.equal(joined.status, 201, joined.text);
    assert.equal(browser.session, null);
    assert.deepEqual(await kinds(app), ["verification"]);
    const back = await roundTrip(browser, "/login/with/corp", person);
    assert.equal(back.json.code, "unverified");
    assert.equal(browser.session, null);
  },
  required,
);

testWith(
  "an address that a stranger has registered and never verified goes to whom the provider vouches for",
  async (app) => {
    const email = "haru@corp.example";
    const squatter = { user_id: "squatter", email, password: "correct horse 7" };
    await new Browser(app).send("POST", "/register", squatter);
    const browser = await joinWith(app, "haru", new Person());
    assert.equal((await browser.get("/userinfo")).json.email, email);
    const rows = await app.sql("SELECT name FROM users WHERE email_key = ?", [email]);
    assert.deepEqual(rows.map(({ name }) => name), ["haru"]);
  },
  required,
);

testWith("a member is told by mail of a provider that was linked and unlinked", async (app) => {
  const browser = await newMember(app, "haru");
  const person = new Person();
  await roundTrip(browser, "/userinfo/identities/corp", person);
  await browser.send("DELETE", "/userinfo/identities/corp");
  const told = (await kinds(app)).filter((kind) => kind.startsWith("provider"));
  assert.deepEqual(told, ["provider_linked", "provider_unlinked"]);
}, mail);
