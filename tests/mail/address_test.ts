import assert from "node:assert/strict";
import { openSession } from "../../actions/open_session.ts";
import { newId } from "../../crypto/tokens.ts";
import {
  Browser,
  day,
  goodPassword,
  join,
  minute,
  newMember,
  signIn,
  type TestApp,
  withApp,
} from "../support/harness.ts";
import { lastMail, mailsOf } from "../support/outbox_mails.ts";

const env = { MAIL_URL: "file:/dev/null", MAIL_FROM: "a@b.example" };
const required = { ...env, EMAIL_VERIFICATION: "required" };
const html = { Accept: "text/html" };

const register = (app: TestApp, user_id: string, email: string) =>
  new Browser(app).send("POST", "/register", { user_id, email, password: goodPassword });
const login = (app: TestApp, user_id: string, password = goodPassword) =>
  new Browser(app).send("POST", "/login", { user_id, password });
const kindsOf = async (app: TestApp) => (await mailsOf(app)).map(({ kind, to }) => [kind, to]);

Deno.test("joining mails a link that verifies the address, and only a POST uses it", async () => {
  await withApp({ env }, async (app) => {
    const member = await newMember(app, "hong");
    const { path, to } = await lastMail(app, "verification");
    assert.equal(to, "hong@example.com");
    const scanner = new Browser(app);
    assert.match((await scanner.get(path, html)).text, /h•••@example\.com/);
    await scanner.send("HEAD", path);
    assert.equal((await member.get("/userinfo")).json.email_verified, false);
    for (let n = 0; n < 2; n++) {
      const answer = await scanner.send("POST", path);
      assert.deepEqual([answer.status, answer.json.message], [
        200,
        "이메일 주소가 확인되었습니다.",
      ]);
    }
    assert.equal((await member.get("/userinfo")).json.email_verified, true);
    assert.equal((await member.send("POST", "/userinfo/verification")).status, 202);
    assert.equal((await mailsOf(app)).length, 1, "a verified address is not mailed again");
    assert.equal((await scanner.send("POST", "/verification/unknown")).status, 404);
  });
});

Deno.test("a verification link works for 24 hours, and is mailed again on request", async () => {
  await withApp({ env }, async (app) => {
    await join(app, "hong");
    const { path } = await lastMail(app, "verification");
    app.clock.pass(day);
    assert.equal((await new Browser(app).send("POST", path)).status, 404);
    const member = await signIn(app, "hong");
    const answer = await member.send("POST", "/userinfo/verification");
    assert.equal(answer.status, 202);
    const again = await lastMail(app, "verification");
    assert.notEqual(again.path, path);
    assert.equal((await new Browser(app).send("POST", again.path)).status, 200);
  });
});

Deno.test("EMAIL_VERIFICATION=off mails nothing at joining", async () => {
  await withApp({ env: { ...env, EMAIL_VERIFICATION: "off" } }, async (app) => {
    const member = await newMember(app, "hong");
    assert.deepEqual(await mailsOf(app), []);
    assert.equal((await member.send("POST", "/userinfo/verification")).status, 404);
    assert.doesNotMatch((await member.get("/userinfo", html)).text, /userinfo\/verification/);
  });
});

Deno.test("with EMAIL_VERIFICATION=required only a verified member signs in, and the link is mailed again", async () => {
  await withApp({ env: required }, async (app) => {
    await join(app, "hong");
    const wrong = await login(app, "hong", "wrong");
    assert.deepEqual([wrong.status, wrong.json.code], [401, "invalid_credentials"]);
    assert.equal((await mailsOf(app)).length, 1);
    const right = await login(app, "hong");
    assert.deepEqual([right.status, right.json.code], [403, "unverified"]);
    assert.equal(right.headers.get("Set-Cookie"), null);
    const mails = await mailsOf(app);
    assert.deepEqual(mails.map(({ kind }) => kind), ["verification", "verification"]);
    assert.equal((await new Browser(app).send("POST", mails[1]!.path)).status, 200);
    assert.equal((await login(app, "hong")).status, 200);
    const page = await login(app, "hong");
    assert.equal(page.status, 200);
  });
});

Deno.test("with EMAIL_VERIFICATION=required no kind of proof opens a session of an unverified member", async () => {
  await withApp({ env: required }, async (app) => {
    await join(app, "hong");
    const [row] = await app.sql("SELECT id FROM users");
    const id = String(row!.id);
    const opening = {
      proof: { by: "operator", memberId: id } as const,
      member: { id, name: "hong" },
      attempt: { id: newId(), subjects: [] },
    };
    const arrival = { client: "c", userAgent: "", previousSecret: null };
    const open = () => openSession(app.services, opening, arrival, app.clock.now());
    await assert.rejects(open, { code: "unverified" });
    const mails = await mailsOf(app);
    assert.equal(mails.length, 2);
    await new Browser(app).send("POST", mails[1]!.path);
    assert.equal((await open()).member.id, id);
  });
});

Deno.test("with EMAIL_VERIFICATION=required nobody learns by registering whether an address is a member's", async () => {
  await withApp({ env: required }, async (app) => {
    await join(app, "hong");
    await new Browser(app).send("POST", (await lastMail(app, "verification")).path);
    const answers = [];
    for (const [name, email] of [["thief", "Hong@example.com"], ["other", "new@example.com"]]) {
      for (
        const answer of [
          await register(app, name!, email!),
          await register(app, name!, "another@example.com"),
          await login(app, name!),
          await login(app, name!, "wrong"),
          await new Browser(app).send("POST", "/recovery", { user_id: name }),
        ]
      ) {
        const headers = [...answer.headers].filter(([name]) => name !== "x-request-id");
        answers.push(JSON.stringify([answer.status, answer.text, headers]));
      }
    }
    assert.deepEqual(answers.slice(0, 5), answers.slice(5));
    assert.match(answers[0]!, /^\[201/);
    assert.match(answers[1]!, /^\[409/);
    assert.match(answers[2]!, /^\[403/);
    const toHong = (await mailsOf(app)).filter(({ to }) => to.toLowerCase() === "hong@example.com");
    assert.deepEqual(toHong.map(({ kind, name }) => [kind, name]), [
      ["verification", "hong"],
      ["already_member", "hong"],
    ]);
    const member = await signIn(app, "Hong@Example.com");
    assert.equal((await member.get("/userinfo")).json.user_id, "hong");
  });
});

Deno.test("an address that a stranger registered and never verified goes to the member who verifies it", async () => {
  await withApp({ env: required }, async (app) => {
    assert.equal((await register(app, "squatter", "hong@example.com")).status, 201);
    assert.equal((await register(app, "hong", "hong@example.com")).status, 201);
    const [first, second] = (await mailsOf(app)).map(({ path }) => path);
    assert.equal((await new Browser(app).send("POST", second!)).status, 200);
    assert.equal((await login(app, "hong")).status, 200);
    assert.equal((await login(app, "hong@example.com")).json.member.user_id, "hong");
    const late = await new Browser(app).send("POST", first!);
    assert.equal(late.status, 409);
    assert.equal((await login(app, "squatter")).json.code, "unverified");
    await new Browser(app).send("POST", "/recovery", { user_id: "squatter" });
    assert.ok(!(await mailsOf(app)).some(({ kind }) => kind === "recovery"));
  });
});

Deno.test("an address is changed by the link that the new one is mailed, and the old one can undo it", async () => {
  await withApp({ env }, async (app) => {
    const member = await newMember(app, "hong");
    const thief = await signIn(app, "hong");
    const answer = await thief.send("POST", "/userinfo/email", { email: "thief@evil.example" });
    assert.equal(answer.status, 202);
    assert.equal((await member.get("/userinfo")).json.email, "hong@example.com");
    const change = await lastMail(app, "email_change");
    assert.equal(change.to, "thief@evil.example");
    const visitor = new Browser(app);
    assert.match((await visitor.get(change.path, html)).text, /t•••@evil\.example/);
    assert.equal((await member.get("/userinfo")).json.email, "hong@example.com");
    for (let n = 0; n < 2; n++) {
      assert.equal((await visitor.send("POST", change.path)).status, 200);
    }
    const changed = (await member.get("/userinfo")).json;
    assert.deepEqual([changed.email, changed.email_verified], ["thief@evil.example", true]);
    const undo = await lastMail(app, "email_changed");
    assert.equal(undo.to, "hong@example.com");

    // a thief of the account changes everything that could stop the undoing
    const password = "battery staple 9";
    const changedPassword = { current: goodPassword, password };
    for (
      const [path, body] of [
        ["/userinfo/password", changedPassword],
        ["/userinfo/email", { email: "second@evil.example" }],
      ] as const
    ) {
      const { status } = await thief.send("POST", path, body);
      assert.ok(status < 300, `${path}: ${status}`);
    }
    assert.equal(
      (await visitor.send("POST", (await lastMail(app, "email_change")).path)).status,
      200,
    );
    const second = await lastMail(app, "email_changed");
    assert.equal(second.to, "thief@evil.example");
    await register(app, "helper", "hong@example.com");

    app.clock.pass(7 * day - 2 * minute);
    assert.match((await visitor.get(undo.path, html)).text, /h•••@example\.com/);
    const own = await signIn(app, "hong", password);
    assert.equal((await own.send("POST", undo.path)).status, 200);
    assert.equal((await own.get("/userinfo")).json.email, "hong@example.com");
    assert.equal((await thief.get("/userinfo")).status, 401, "all other sessions have ended");
    assert.equal((await visitor.send("POST", second.path)).status, 404);
    await visitor.send("POST", "/recovery", { email: "hong@example.com" });
    const recovery = await lastMail(app, "recovery");
    assert.deepEqual([recovery.to, recovery.name], ["hong@example.com", "hong"]);
  });
});

Deno.test("a change of address can be undone for 7 days, also while leaving is scheduled", async () => {
  await withApp({ env: { ...env, WITHDRAWAL_GRACE_DAYS: "30" } }, async (app) => {
    const changed = async (name: string) => {
      const member = await newMember(app, name);
      await member.send("POST", "/userinfo/email", { email: `${name}@new.example` });
      await new Browser(app).send("POST", (await lastMail(app, "email_change")).path);
      return { member, undo: (await lastMail(app, "email_changed")).path };
    };
    const hong = await changed("hong");
    const kim = await changed("kim");
    assert.equal((await kim.member.send("DELETE", "/withdrawal")).status, 202);
    app.clock.pass(7 * day - 1);
    assert.equal((await new Browser(app).send("POST", kim.undo)).status, 200);
    app.clock.pass(1);
    assert.equal((await new Browser(app).send("POST", hong.undo)).status, 404);
  });
});

Deno.test("changing the address needs a fresh session, and tells nobody whether the new one is taken", async () => {
  await withApp({ env }, async (app) => {
    await newMember(app, "kim");
    await new Browser(app).send("POST", (await lastMail(app, "verification")).path);
    const member = await newMember(app, "hong");
    const taken = await member.send("POST", "/userinfo/email", { email: "kim@example.com" });
    const free = await member.send("POST", "/userinfo/email", { email: "free@example.com" });
    assert.deepEqual([taken.status, taken.text], [free.status, free.text]);
    assert.deepEqual((await kindsOf(app)).slice(2), [
      ["already_member", "kim@example.com"],
      ["email_change", "free@example.com"],
    ]);
    const wrong = await member.send("POST", "/userinfo/email", { email: "not an address" });
    assert.deepEqual([wrong.status, Object.keys(wrong.json.fields)], [400, ["email"]]);
    app.clock.pass(11 * minute);
    const stale = await member.send("POST", "/userinfo/email", { email: "free@example.com" });
    assert.deepEqual([stale.status, stale.json.code], [403, "confirmation_required"]);
    const page = await member.get("/userinfo/email", html);
    assert.equal(page.headers.get("Location"), "/confirmation?next=/userinfo/email");
    const none = await new Browser(app).send("POST", "/userinfo/email", { email: "a@example.com" });
    assert.equal(none.status, 401);
  });
});

Deno.test("a pending change of address ends with a new password", async () => {
  await withApp({ env }, async (app) => {
    const thief = await newMember(app, "hong");
    await thief.send("POST", "/userinfo/email", { email: "thief@evil.example" });
    const { path } = await lastMail(app, "email_change");
    await new Browser(app).send("POST", "/recovery", { user_id: "hong" });
    const recovery = await lastMail(app, "recovery");
    await new Browser(app).send("POST", recovery.path, { password: "battery staple 9" });
    assert.equal((await new Browser(app).send("POST", path)).status, 404);
  });
});

Deno.test("of two members who use links to one address one gets it", async () => {
  await withApp({ env }, async (app) => {
    for (const name of ["hong", "kim"]) {
      const member = await newMember(app, name);
      await member.send("POST", "/userinfo/email", { email: "both@example.com" });
    }
    const paths = (await mailsOf(app)).filter(({ kind }) => kind === "email_change")
      .map(({ path }) => path);
    const answers = await Promise.all(paths.map((path) => new Browser(app).send("POST", path)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
  });
});

Deno.test("members sign in with their e-mail address, and no unverified one stands before a user id", async () => {
  await withApp({ env }, async (app) => {
    await join(app, "hong");
    const answer = await login(app, " Hong@EXAMPLE.com ");
    assert.deepEqual([answer.status, answer.json.member.user_id], [200, "hong"]);
    // a member taken over from another system, whose user id looks like an address
    await app.sql("UPDATE users SET name = 'old@example.com', name_key = 'old@example.com'");
    await register(app, "squatter", "old@example.com");
    assert.equal((await login(app, "old@example.com")).json.member.user_id, "old@example.com");
    await new Browser(app).send("POST", "/recovery", { user_id: "old@example.com" });
    assert.equal((await lastMail(app, "recovery")).name, "old@example.com");
  });
});
