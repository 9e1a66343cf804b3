import assert from "node:assert/strict";
import { runJobs } from "../../jobs/mod.ts";
import type { Mail, Transport } from "../../mail/transport.ts";
import {
  Browser,
  goodPassword,
  join,
  minute,
  newMember,
  signIn,
  withApp,
} from "../support/harness.ts";
import { lastMail, mailsOf } from "../support/outbox_mails.ts";

const env = { MAIL_URL: "file:/dev/null", MAIL_FROM: "a@b.example" };
const html = { Accept: "text/html" };
const next = "battery staple 9";

Deno.test("a mailed link sets a new password, once", async () => {
  await withApp({ env }, async (app) => {
    const other = await newMember(app, "hong");
    for (const asked of [{ user_id: "hong" }, { email: "HONG@example.com" }]) {
      const answer = await new Browser(app).send("POST", "/recovery", asked);
      assert.equal(answer.status, 202);
      const { path, to, name } = await lastMail(app, "recovery");
      assert.deepEqual([to, name], ["hong@example.com", "hong"]);
      assert.equal((await new Browser(app).get(path, html)).status, 200);
      assert.match((await new Browser(app).get(path, html)).text, /h•••/);
    }
    const { path } = await lastMail(app, "recovery");
    assert.equal((await other.get("/userinfo")).json.email_verified, false);
    const visitor = new Browser(app);
    assert.equal((await visitor.send("POST", path, { password: next })).status, 200);
    assert.equal((await other.get("/userinfo")).status, 401, "every session has ended");
    assert.equal((await visitor.send("POST", path, { password: next })).status, 404);
    const member = await signIn(app, "hong", next);
    assert.equal((await member.get("/userinfo")).json.email_verified, true);
    const earlier = (await mailsOf(app)).filter(({ kind }) => kind === "recovery")[0]!.path;
    assert.equal((await visitor.get(earlier)).status, 404, "the other link is void");
  });
});

Deno.test("asking for a recovery link answers the same whether or not there is such a member", async () => {
  await withApp({ env }, async (app) => {
    await join(app, "hong");
    const answers = [];
    for (const user_id of ["hong", "nobody", "hong@example.com", "nobody@example.com"]) {
      const { status, text, headers } = await new Browser(app).send("POST", "/recovery", {
        user_id,
      });
      const named = [...headers].filter(([name]) => name !== "x-request-id");
      answers.push(JSON.stringify([status, text, named]));
    }
    assert.equal(new Set(answers).size, 1);
    const sent = (await mailsOf(app)).filter(({ kind }) => kind === "recovery");
    assert.deepEqual(sent.map(({ to }) => to), Array(2).fill("hong@example.com"));
  });
});

Deno.test("one address is mailed at most five links an hour, and the answer does not say so", async () => {
  await withApp({ env }, async (app) => {
    await join(app, "hong");
    for (let n = 0; n < 9; n++) {
      const user_id = n % 2 ? "hong" : "hong@example.com";
      const answer = await new Browser(app).send("POST", "/recovery", { user_id });
      assert.equal(answer.status, 202);
    }
    const all = await mailsOf(app);
    assert.equal(all.length, 5, "the link to verify the address counts as well");
    app.clock.pass(61 * minute);
    await new Browser(app).send("POST", "/recovery", { user_id: "hong" });
    assert.equal((await mailsOf(app)).length, 6);
  });
});

Deno.test("spellings of one inbox share its limit", async () => {
  await withApp({ env }, async (app) => {
    const spellings = [
      "k.im@gmail.com",
      "kim+1@gmail.com",
      "Ki.m+2@GMAIL.com",
      "kim@googlemail.com",
    ];
    for (const [n, email] of [...spellings, "k.i.m@gmail.com", "kim+3@gmail.com"].entries()) {
      await new Browser(app).send("POST", "/register", {
        user_id: `kim${n}`,
        email,
        password: goodPassword,
      });
    }
    assert.equal((await mailsOf(app)).length, 5);
    for (const email of ["kim@example.com", "k.im@example.com"]) {
      await new Browser(app).send("POST", "/register", {
        user_id: email,
        email,
        password: goodPassword,
      });
    }
    assert.equal((await mailsOf(app)).length, 7, "elsewhere a dot makes another inbox");
  });
});

Deno.test("one client is limited in what it has mailed", async () => {
  await withApp({ env }, async (app) => {
    const visitor = new Browser(app);
    const statuses = [];
    for (let n = 0; n < 31; n++) {
      statuses.push((await visitor.send("POST", "/recovery", { user_id: `nobody${n}` })).status);
    }
    assert.deepEqual(statuses, [...Array(30).fill(202), 429]);
    const answer = await visitor.send("POST", "/leave", { user_id: "hong" });
    assert.equal(answer.status, 429);
    assert.ok(Number(answer.headers.get("Retry-After")) > 0);
  });
});

Deno.test("without mail no page offers a link, and asking for one says why", async () => {
  await withApp({ env: { MAIL_URL: "off" } }, async (app) => {
    const member = await newMember(app, "hong");
    const visitor = new Browser(app);
    assert.doesNotMatch((await visitor.get("/login", html)).text, /\/recovery/);
    assert.doesNotMatch((await visitor.get("/leave", html)).text, /<form/);
    assert.match((await visitor.get("/leave", html)).text, /login\?next=\/withdrawal/);
    assert.doesNotMatch(
      (await member.get("/userinfo", html)).text,
      /userinfo\/(email|verification)/,
    );
    const refused = [
      await visitor.get("/recovery"),
      await visitor.send("POST", "/recovery", { user_id: "hong" }),
      await visitor.send("POST", "/leave", { user_id: "hong" }),
      await member.send("POST", "/userinfo/verification"),
      await member.send("POST", "/userinfo/email", { email: "new@example.com" }),
    ];
    for (const { status, json } of refused) {
      assert.deepEqual([status, json.code], [404, "not_found"]);
      assert.match(json.error, /메일을 보내지 않습니다/);
    }
  });
});

Deno.test("the link of a mail leads to PUBLIC_ORIGIN, not to the request's Host", async () => {
  const mails: Mail[] = [];
  const transport: Transport = (mail) => {
    mails.push(mail);
    return Promise.resolve({ verdict: "accepted" });
  };
  await withApp({ env: { MAIL_URL: "app:" }, transport }, async (app) => {
    await join(app, "hong");
    const asked = new Request("https://evil.example/recovery", {
      method: "POST",
      body: JSON.stringify({ user_id: "hong" }),
      headers: {
        "Content-Type": "application/json",
        Host: "evil.example",
        "X-Forwarded-Host": "evil.example",
        Forwarded: "host=evil.example",
      },
    });
    assert.equal((await app.fetch(asked)).status, 202);
    await runJobs(app.services);
    assert.equal(mails.length, 2);
    for (const { text, html } of mails) {
      assert.match(text, /https:\/\/members\.example\/\w+\/[\w-]{43}/);
      assert.doesNotMatch(text + html, /evil/);
    }
  });
});

Deno.test("/.well-known/change-password leads to the page that changes the password", async () => {
  await withApp({ env }, async (app) => {
    const member = await newMember(app, "hong");
    const answer = await member.get("/.well-known/change-password", html);
    assert.equal(answer.status, 303);
    const page = await member.get(answer.headers.get("Location")!, html);
    assert.match(page.text, /action="\/userinfo\/password"/);
  });
});

Deno.test("a member leaves without signing in, by a link that is mailed", async () => {
  await withApp({ env }, async (app) => {
    const member = await newMember(app, "hong");
    const visitor = new Browser(app);
    assert.match((await visitor.get("/leave", html)).text, /action="\/leave"/);
    assert.equal((await visitor.send("POST", "/leave", { email: "hong@example.com" })).status, 202);
    const { path } = await lastMail(app, "leave");
    for (let n = 0; n < 2; n++) {
      const { text } = await visitor.get(path, html);
      assert.match(text, /<form method="post" action="\/leave\//);
      assert.match(text, /회원 정보/, "the page says what is erased");
    }
    assert.equal((await member.get("/userinfo")).status, 200, "a GET changes nothing");
    const left = await visitor.send("POST", path, { reason: "privacy" });
    assert.deepEqual([left.status, left.json.message], [200, "회원탈퇴 성공"]);
    assert.equal((await member.get("/userinfo")).status, 401);
    assert.equal((await visitor.send("POST", path)).status, 404);
  });
});

Deno.test("recovering an address that was never verified removes what a stranger could sign in with", async () => {
  await withApp({ env }, async (app) => {
    await join(app, "hong");
    await app.sql(
      "INSERT INTO passkeys (id, user_id, user_handle, credential_id, public_key, counter, transports, " +
        "aaguid, backed_up, name, created_at, last_used_at) SELECT 'p', id, 'h', 'c', x'01', 0, '[]', 'a', 0, 'n', 0, 0 FROM users",
    );
    await app.sql(
      "INSERT INTO identities SELECT 'i', 'https://id.example', 's', id, 'corp', 0 FROM users",
    );
    const recover = async () => {
      await new Browser(app).send("POST", "/recovery", { user_id: "hong" });
      const { path } = await lastMail(app, "recovery");
      const answer = await new Browser(app).send("POST", path, { password: goodPassword });
      assert.equal(answer.status, 200);
    };
    await recover();
    assert.deepEqual(await app.sql("SELECT id FROM passkeys UNION SELECT id FROM identities"), []);
    await app.sql(
      "INSERT INTO passkeys (id, user_id, user_handle, credential_id, public_key, counter, transports, " +
        "aaguid, backed_up, name, created_at, last_used_at) SELECT 'p', id, 'h', 'c', x'01', 0, '[]', 'a', 0, 'n', 0, 0 FROM users",
    );
    await recover();
    assert.equal(
      (await app.sql("SELECT id FROM passkeys")).length,
      1,
      "the address is verified now",
    );
  });
});
